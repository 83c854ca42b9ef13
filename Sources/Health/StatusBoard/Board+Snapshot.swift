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
    }

    /// One moment of a board. Every consumer that reads the same snapshot says the same.
    package struct Snapshot: Sendable {
        /// Grows by one with each change.
        package private(set) var revision: UInt64 = 0
        /// Every outcome that was reported and not withdrawn.
        package private(set) var entries: [OutcomeName: Entry] = [:]
        /// What each health name's rule comes to, in the order in which the names were defined.
        package private(set) var verdicts: [(name: String, verdict: Verdict)] = []

        /// What the rule of a health name comes to; nil for a name without a rule.
        package func verdict(of name: String) -> Verdict? {
            verdicts.first { $0.name == name }?.verdict
        }

        /// The outcome of a name; nil when none was reported.
        package func outcome(of name: OutcomeName) -> Outcome? { entries[name]?.outcome }

        /// What another rule comes to.
        package func evaluate(_ rule: VerdictRule) -> Verdict { rule.evaluate(entries) }

        /// Takes outcomes. True when one of them is another one than before.
        mutating func report(_ outcomes: [OutcomeName: Outcome?], at now: MonotonicTime) -> Bool {
            var hasChanged = false
            for (name, outcome) in outcomes {
                let earlier = entries[name]
                entries[name] = outcome.map { outcome in
                    let isSameState = earlier?.outcome.state == outcome.state
                    let since = isSameState ? earlier?.since ?? now : now
                    return Entry(outcome: outcome, since: since, reported: now)
                }
                if earlier?.outcome != outcome { hasChanged = true }
            }
            return hasChanged
        }

        /// Evaluates the rules anew.
        mutating func evaluate(_ rules: [(name: String, rule: VerdictRule)]) {
            revision &+= 1
            verdicts = rules.map { ($0.name, $0.rule.evaluate(entries)) }
        }
    }
}
