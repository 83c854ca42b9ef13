// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What a health name's status follows from: an expression over named outcomes. Pure.
///
/// Their order is that of their importance: of several outcomes that could decide, the first one does.
package indirect enum VerdictRule: Sendable {
    /// The outcome of this name; unknown when there is none.
    case outcome(OutcomeName)
    /// The first that cannot serve decides, or else the first of the worst; none of them is healthy.
    case all([VerdictRule])
    /// The first of the best decides; none of them is unknown.
    case any([VerdictRule])
    /// Healthy when so many of them can serve; otherwise the first that cannot decides.
    case atLeast(Int, of: [VerdictRule])
    /// What outcomes of different weight come to.
    case composite(Composite)
    /// The same as the rule; its reason says which part it is about.
    case labeled(String, VerdictRule)

    /// The outcomes that it depends on, each once, in the order of their importance.
    package var outcomes: [OutcomeName] {
        var names: [OutcomeName] = []
        collect(&names)
        return names
    }

    private func collect(_ names: inout [OutcomeName]) {
        switch self {
        case .outcome(let name): if !names.contains(name) { names.append(name) }
        case .all(let rules), .any(let rules), .atLeast(_, let rules):
            for rule in rules { rule.collect(&names) }
        case .composite(let composite):
            for name in composite.members.map(\.name) where !names.contains(name) {
                names.append(name)
            }
        case .labeled(_, let rule): rule.collect(&names)
        }
    }

    /// What the rule comes to.
    func evaluate(_ entries: Board.Entries) -> Verdict {
        switch self {
        case .outcome(let name):
            return Verdict(entries[name]?.outcome ?? .unknown, decidedBy: name)
        case .all(let rules):
            let verdicts = rules.map { $0.evaluate(entries) }
            return verdicts.first { !$0.isServing } ?? Self.worst(verdicts)
        case .any(let rules):
            let verdicts = rules.map { $0.evaluate(entries) }
            return verdicts.min { $0.outcome.state < $1.outcome.state } ?? Verdict(.unknown)
        case .atLeast(let count, let rules):
            let verdicts = rules.map { $0.evaluate(entries) }
            if verdicts.count(where: \.isServing) >= count { return Verdict(.healthy) }
            return verdicts.first { !$0.isServing } ?? Verdict(.unknown)
        case .composite(let composite): return composite.evaluate(entries)
        case .labeled(let label, let rule):
            return rule.evaluate(entries).labeled(label)
        }
    }

    private static func worst(_ verdicts: [Verdict]) -> Verdict {
        verdicts.reduce(Verdict(.healthy)) { $1.outcome.state > $0.outcome.state ? $1 : $0 }
    }
}
