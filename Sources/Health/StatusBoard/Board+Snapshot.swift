// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

extension Board {
    /// An outcome on the board, and since when.
    package struct Entry: Equatable, Sendable {
        /// What was reported last.
        package var outcome: Outcome
        /// When the state became what it is.
        package var since: MonotonicTime
        /// When it was reported last, changed or not.
        package var reported: MonotonicTime
        /// How long the latest measurement took; zero for an event, such as a command.
        package var duration = Duration.zero
        /// What its producer knows of how it will change; nil when it has said nothing of that.
        package var prospect: Prospect?
    }

    /// What a report has changed.
    enum Change: Int, Comparable {
        case nothing
        /// Reasons and figures, which are for operators.
        case details
        /// A state, a code, a rule, or which outcomes there are.
        case statuses

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// One moment of a board. Every consumer that reads the same snapshot says the same.
    package struct Snapshot: Sendable {
        /// Grows by one with each change.
        package private(set) var revision: UInt64 = 0
        /// When the latest change was.
        package private(set) var changed: MonotonicTime
        /// The revision of the latest change that every client may see: reasons and figures are not part of it.
        package private(set) var statusRevision: UInt64 = 0
        /// When that change was.
        package private(set) var statusChanged: MonotonicTime
        /// Every outcome that was reported and not withdrawn.
        package private(set) var entries = Entries()
        /// What each health name follows from, in the order in which the names were defined.
        package private(set) var rules: [(name: String, rule: VerdictRule)] = []
        /// What each health name's rule comes to, in the same order.
        package private(set) var verdicts: [(name: String, verdict: Verdict)] = []

        /// The outcomes that have another state or code than in the revision before, or are new, or were withdrawn; nil where rules
        /// have changed. For those who take every revision: to look at all outcomes for what one of them does is too slow.
        package private(set) var news: [OutcomeName]?

        init(at now: MonotonicTime) {
            changed = now
            statusChanged = now
        }

        /// What the rule of a health name comes to; nil for a name without a rule.
        package func verdict(of name: String) -> Verdict? {
            verdicts.first { $0.name == name }?.verdict
        }

        /// What a health name follows from; nil for a name without a rule.
        package func rule(of name: String) -> VerdictRule? { rules.first { $0.name == name }?.rule }

        /// The outcome of a name; nil when none was reported.
        package func outcome(of name: OutcomeName) -> Outcome? { entries[name]?.outcome }

        /// What another rule comes to.
        package func evaluate(_ rule: VerdictRule) -> Verdict { rule.evaluate(entries) }

        /// The same if these outcomes were healthy.
        package func evaluate(
            _ rule: VerdictRule, without excluded: Set<OutcomeName>
        ) -> Verdict {
            var entries = entries
            for name in excluded {
                entries[name] = Entry(outcome: .healthy, since: changed, reported: changed)
            }
            return rule.evaluate(entries)
        }

        /// Whether a report of these would change anything.
        func differs(from outcomes: some Collection<Board.Report>) -> Bool {
            outcomes.contains { entries[$0.key]?.outcome != $0.value }
        }

        /// Takes outcomes.
        mutating func report(
            _ outcomes: some Collection<Board.Report>, at now: MonotonicTime,
            duration: Duration = .zero, prospect: Prospect? = nil
        ) -> Change {
            var change = Change.nothing
            var news: [OutcomeName] = []
            for (name, outcome) in outcomes {
                var single = Change.nothing
                entries.change(name) { earlier in
                    single = Change(from: earlier?.outcome, to: outcome)
                    return outcome.map { outcome in
                        let isSameState = earlier?.outcome.state == outcome.state
                        let since = isSameState ? earlier?.since ?? now : now
                        return Entry(
                            outcome: outcome, since: since, reported: now, duration: duration,
                            prospect: prospect)
                    }
                }
                if single == .statuses { news.append(name) }
                change = max(change, single)
            }
            if change > .nothing { self.news = news }
            return change
        }

        /// What has changed is not told by names of outcomes.
        mutating func forgetNews() { news = nil }

        /// Something has changed.
        mutating func note(_ change: Change, at now: MonotonicTime) {
            revision &+= 1
            changed = now
            if change == .statuses { (statusRevision, statusChanged) = (revision, now) }
        }

        /// Evaluates the rules anew.
        mutating func evaluate(_ rules: [(name: String, rule: VerdictRule)]) {
            self.rules = rules
            verdicts = rules.map { ($0.name, $0.rule.evaluate(entries)) }
        }
    }
}

extension Board.Change {
    fileprivate init(from earlier: Outcome?, to outcome: Outcome?) {
        if earlier == outcome {
            self = .nothing
        } else {
            let isSame = earlier?.state == outcome?.state && earlier?.code == outcome?.code
            self = isSame ? .details : .statuses
        }
    }
}
