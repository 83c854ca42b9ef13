// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import HealthProtocol
import Text

/// What is known of one thing that health depends on: a model, the memory, a database.
package struct Outcome: Equatable, Sendable {
    /// How it is.
    package var state: State
    /// The kind of cause, out of a list that is safe to show to everybody; nil when it is healthy.
    package var code: HealthReason?
    /// The cause for an operator; empty when it is healthy. May name files and addresses.
    package var reason: String
    /// The numbers of the moment. Other numbers are the same cause.
    package var figures: String

    /// Bytes of a reason: a peer may have a part in it, and it is in the log, in pages and in answers.
    package static let reasonLimit = 512

    /// An outcome. `reason` is one sentence without a full stop; beyond ``reasonLimit`` it is cut.
    package init(
        _ state: State, _ code: HealthReason? = nil, reason: String = "", figures: String = ""
    ) {
        self.state = state
        self.code = code
        self.reason = PrintableText.cut(reason, limit: Self.reasonLimit)
        self.figures = PrintableText.cut(figures, limit: Self.reasonLimit)
    }

    /// It works, and there is nothing to say about it.
    package static let healthy = Outcome(.healthy)

    /// There is no result yet.
    package static let unknown = Outcome(.unknown, .loading, reason: "no result yet")

    /// The cause and its numbers, for a person.
    package var text: String { figures.isEmpty ? reason : "\(reason): \(figures)" }

    /// Whether the cause is the same; the numbers may differ.
    package func hasSameCause(as other: Outcome) -> Bool {
        code == other.code && reason == other.reason
    }
}

extension Outcome {
    /// How a thing is, from the best to the worst.
    package enum State: Int, Comparable, Sendable {
        /// It works.
        case healthy
        /// It works less well than it should, and still serves.
        case degraded
        /// It is not known: there is no result, or only an old one.
        case unknown
        /// It does not work.
        case unhealthy

        /// Whether what depends on it can serve.
        package var canServe: Bool { self <= .degraded }

        /// Orders states by how bad they are.
        package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }
}

extension Outcome.State {
    /// The state in a word.
    package var word: String {
        switch self {
        case .healthy: "healthy"
        case .degraded: "degraded"
        case .unknown: "unknown"
        case .unhealthy: "unhealthy"
        }
    }

    /// As health names have it.
    package var servingStatus: String { canServe ? "SERVING" : "NOT_SERVING" }
}
