// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import StatusBoard
import Text

/// What a reporter says of itself.
package struct HeartbeatReport: Equatable, Sendable {
    /// How it is; never `unknown`.
    package let state: Outcome.State
    /// Why, in its own words, which can be printed; may be empty.
    package let reason: String

    /// Bytes of a reason that are kept.
    static let reasonLimit = 200

    /// A report.
    package init(_ state: Outcome.State = .healthy, reason: String = "") {
        self.state = state
        self.reason = PrintableText.escaped(reason, limit: Self.reasonLimit)
    }

    /// A report in words; who gives no state is healthy. Throws for another word.
    package init(state: String?, reason: String?) throws(HeartbeatRefusal) {
        let found: Outcome.State
        switch state {
        case nil, "healthy": found = .healthy
        case "degraded": found = .degraded
        case "unhealthy": found = .unhealthy
        case .some(let word):
            let shown = PrintableText.quoted(PrintableText.prefix(of: word, bytes: 40))
            throw .malformed("the state \(shown) is unknown: use healthy, degraded or unhealthy")
        }
        self.init(found, reason: reason ?? "")
    }
}
