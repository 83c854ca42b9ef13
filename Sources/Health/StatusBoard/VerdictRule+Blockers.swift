// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

extension Board.Snapshot {
    /// The outcomes that would have to be able to serve for a health name to be SERVING, in the order of their importance;
    /// none when it is SERVING, or there is no such name. With each of them healthy the name serves, and with one less it does
    /// not.
    package func blockers(of name: String) -> [OutcomeName] {
        guard let rule = rule(of: name) else { return [] }
        guard let blockers = rule.blockers(entries) else {
            return rule.outcomes.filter { !canServe($0) }
        }
        return rule.outcomes.filter(blockers.contains)
    }

    private func canServe(_ name: OutcomeName) -> Bool {
        outcome(of: name)?.state.canServe ?? false
    }
}

extension VerdictRule {
    /// A smallest set of outcomes that keeps the rule from serving; nil when it could not serve whatever they were.
    func blockers(_ entries: Board.Entries) -> Set<OutcomeName>? {
        switch self {
        case .outcome(let name): return evaluate(entries).isServing ? [] : [name]
        case .all(let rules): return Self.union(rules.map { $0.blockers(entries) })
        case .any(let rules): return Self.least(1, of: rules, entries)
        case .atLeast(let count, let rules): return Self.least(count, of: rules, entries)
        case .composite(let composite): return composite.blockers(entries)
        case .labeled(_, let rule): return rule.blockers(entries)
        }
    }

    private static func union(_ sets: [Set<OutcomeName>?]) -> Set<OutcomeName>? {
        sets.reduce(Set()) { union, set in
            guard let union, let set else { return nil }
            return union.union(set)
        }
    }

    /// What keeps those `count` rules from serving that need least for it.
    private static func least(
        _ count: Int, of rules: [VerdictRule], _ entries: Board.Entries
    ) -> Set<OutcomeName>? {
        let sets = rules.compactMap { $0.blockers(entries) }
        // The sort is stable: of equal ones the most important comes first.
        let least = sets.enumerated().sorted {
            ($0.element.count, $0.offset) < ($1.element.count, $1.offset)
        }.prefix(count)
        return least.count < count ? nil : union(least.map(\.element))
    }
}

extension Composite {
    /// Critical ones that are down or have no result, and of the others as few as the score needs.
    func blockers(_ entries: Board.Entries) -> Set<OutcomeName>? {
        func serves(with repaired: [Member]) -> Bool {
            var entries = entries
            for member in repaired {
                let moment = MonotonicTime.distantFuture
                entries[member.name] = Board.Entry(
                    outcome: .healthy, since: moment, reported: moment)
            }
            return evaluate(entries).isServing
        }
        func state(_ member: Member) -> Outcome.State {
            entries[member.name]?.outcome.state ?? .unknown
        }
        let critical = members.filter { $0.isCritical && !state($0).canServe }
        let others = members.filter { member in
            state(member) != .healthy && !critical.contains { $0.name == member.name }
        }
        // What a repair adds to the score: the heaviest first. One that is unknown may wait for another.
        var rest = others.enumerated().sorted {
            (Self.gain($0.element, state($0.element)), Self.rank(state($0.element)), $1.offset)
                > (
                    Self.gain($1.element, state($1.element)), Self.rank(state($1.element)),
                    $0.offset
                )
        }.map(\.element)[...]
        var repaired: [Member] = []
        while !serves(with: critical + repaired) {
            guard let next = rest.popFirst() else { return nil }
            repaired.append(next)
        }
        // One that is unknown is no part of the score: with it repaired, an earlier one may be unnecessary.
        for member in repaired {
            let fewer = repaired.filter { $0.name != member.name }
            if serves(with: critical + fewer) { repaired = fewer }
        }
        return Set((critical + repaired).map(\.name))
    }

    private static func rank(_ state: Outcome.State) -> Int { state == .unknown ? 0 : 1 }

    private static func gain(_ member: Member, _ state: Outcome.State) -> Double {
        state == .degraded ? member.weight / 2 : member.weight
    }
}
