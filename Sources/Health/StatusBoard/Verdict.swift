// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What a rule came to, and which outcome decided it.
package struct Verdict: Equatable, Sendable {
    /// The state and its cause.
    package private(set) var outcome: Outcome
    /// The outcome that decided; nil when no single one did.
    package let decidedBy: OutcomeName?

    init(_ outcome: Outcome, decidedBy: OutcomeName? = nil) {
        self.outcome = outcome
        self.decidedBy = decidedBy
    }

    /// Whether the name is SERVING.
    package var isServing: Bool { outcome.state.canServe }

    /// The same with a label before its reason.
    func labeled(_ label: String) -> Verdict {
        guard !outcome.reason.isEmpty else { return self }
        var verdict = self
        verdict.outcome.reason = "\(label): \(outcome.reason)"
        return verdict
    }
}
