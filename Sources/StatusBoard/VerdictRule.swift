// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What a health name's status follows from: an expression over named outcomes. Pure.
public indirect enum VerdictRule: Sendable {
    /// The outcome of this name; unknown when there is none.
    case outcome(OutcomeName)
    /// The worst of them decides; none of them is healthy. Of equally bad ones, the first gives the reason.
    case all([VerdictRule])
    /// The best of them decides; none of them is unknown. Of equally good ones, the first gives the reason.
    case any([VerdictRule])
    /// Healthy when so many of them can serve; otherwise the first that cannot gives the reason.
    case atLeast(Int, of: [VerdictRule])

    /// What the rule comes to.
    func evaluate(_ outcomes: [OutcomeName: Entry]) -> Verdict {
        switch self {
        case .outcome(let name):
            Verdict(outcomes[name]?.outcome ?? .unknown, decidedBy: name)
        case .all(let rules):
            rules.lazy.map { $0.evaluate(outcomes) }
                .reduce(Verdict(.healthy)) { $1.outcome.state > $0.outcome.state ? $1 : $0 }
        case .any(let rules):
            rules.map { $0.evaluate(outcomes) }.min { $0.outcome.state < $1.outcome.state }
                ?? Verdict(.unknown)
        case .atLeast(let count, let rules):
            Self.quorum(count, rules.map { $0.evaluate(outcomes) })
        }
    }

    private static func quorum(_ count: Int, _ verdicts: [Verdict]) -> Verdict {
        let failed = verdicts.filter { !$0.outcome.state.canServe }
        guard verdicts.count - failed.count < count else { return Verdict(.healthy) }
        return failed.max { $0.outcome.state < $1.outcome.state } ?? Verdict(.unknown)
    }
}

/// The name of an outcome: `memory`, `model/llama`.
public struct OutcomeName: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
    /// The name as people write it.
    public let rawValue: String

    /// An outcome of this name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// An outcome of this name.
    public init(stringLiteral value: String) { rawValue = value }
}

/// What a rule came to, and which outcome decided it.
public struct Verdict: Equatable, Sendable {
    /// The state and its cause.
    public let outcome: Outcome
    /// The outcome that decided; nil when no single one did.
    public let decidedBy: OutcomeName?

    init(_ outcome: Outcome, decidedBy: OutcomeName? = nil) {
        self.outcome = outcome
        self.decidedBy = decidedBy
    }

    /// Whether the name is SERVING.
    public var isServing: Bool { outcome.state.canServe }
}
