// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import StatusBoard

/// A board that says what a reporter's names answer. Each name is a check of its own; the whole server is `server`.
extension Board {
    /// A board of these answers.
    convenience init(mirroring answers: [String: HealthAnswer]) {
        var outcomes: [OutcomeName: Outcome] = [:]
        for (name, answer) in answers { outcomes[OutcomeName(healthName: name)] = Outcome(answer) }
        self.init(rules: Self.rules(answers.keys), outcomes: outcomes)
    }

    /// Takes changes; nil for a name that is registered no more. `names` are those that are.
    func mirror(
        _ changes: [(name: String, answer: HealthAnswer?)],
        names: Dictionary<String, HealthAnswer>.Keys
    ) {
        if changes.count == 1, let (name, answer) = changes.first {
            report(answer.map { Outcome($0) }, for: OutcomeName(healthName: name))
        } else {
            var outcomes: [OutcomeName: Outcome?] = [:]
            for (name, answer) in changes {
                let outcome = answer.map { Outcome($0) }
                outcomes.updateValue(outcome, forKey: OutcomeName(healthName: name))
            }
            report(outcomes)
        }
        // The rules are about these alone: a change of another name must not cost more than itself.
        guard changes.contains(where: { Self.ruling.contains($0.name) }) else { return }
        let earlier = snapshot
        for (name, rule) in Self.rules(names)
        where earlier.rule(of: name)?.outcomes != rule.outcomes {
            define(name, rule)
        }
    }

    private static let groups = [
        ("readiness", ["", "readiness"]), ("liveness", ["liveness"]), ("startup", ["startup"]),
    ]
    /// The names that the rules are about.
    private static let ruling = Set(groups.flatMap(\.1))

    /// Readiness is the whole server's, and that of the name `readiness` where it is registered. `liveness` and `startup`
    /// pass while they are not.
    private static func rules(
        _ names: Dictionary<String, HealthAnswer>.Keys
    ) -> [(name: String, rule: VerdictRule)] {
        groups.map { group, members in
            let registered = members.filter { names.contains($0) }
            return (group, .all(registered.map { .outcome(OutcomeName(healthName: $0)) }))
        }
    }
}

extension OutcomeName {
    fileprivate init(healthName: String) {
        self.init(rawValue: healthName.isEmpty ? "server" : healthName)
    }
}

extension Outcome {
    /// What a name answers, as an outcome.
    fileprivate init(_ answer: HealthAnswer) {
        switch answer.status {
        case .serving: self = .healthy
        case .notServing: self.init(.unhealthy, answer.reason)
        default: self.init(.unknown, answer.reason)
        }
    }
}
