// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import StatusBoard
import SystemIO

/// What one run of a check found.
package struct CheckResult: Equatable, Sendable {
    /// How the target is. `unknown` when the run could not find out.
    package var state: Outcome.State
    /// The cause for an operator, one sentence without a full stop; empty when it is healthy.
    package var cause: String
    /// Numbers and words beside it, such as the server's version.
    package var details: [String: String]
    /// From the start of the run to its end; zero until the run is over.
    package var duration: Duration

    /// A result.
    package init(
        _ state: Outcome.State, _ cause: String = "", details: [String: String] = .init(),
        duration: Duration = .zero
    ) {
        self.state = state
        self.cause = cause
        self.details = details
        self.duration = duration
    }

    /// The target works.
    package static let healthy = CheckResult(.healthy)

    /// The run was not over when its time was.
    package static func timedOut(after timeout: Duration) -> CheckResult {
        CheckResult(
            .unhealthy, "timed out after \(timeout.secondsText) s", details: ["timeout": "true"],
            duration: timeout)
    }
}

extension Duration {
    /// Seconds without zeros at the end: `5`, `0.25`.
    package var secondsText: String {
        let milliseconds = wholeMilliseconds
        let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000)
        if rest == 0 { return "\(seconds)" }
        var digits = String(1000 + rest).dropFirst()
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(seconds).\(digits)"
    }
}
