// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
package import StatusBoard
package import SystemIO

/// Who reads the pages.
package enum PageAudience: Sendable {
    /// States, and reason codes out of the fixed list. Reasons may name files and addresses: those are withheld.
    case everybody
    /// Reasons and figures, too.
    case operators

    /// Why an outcome is not healthy, as far as these readers may know; nil when it is.
    func cause(of outcome: Outcome) -> String? {
        if outcome.state == .healthy { return nil }
        let word = outcome.code.map { "\($0.word)" } ?? "reason withheld"
        return self == .operators && !outcome.text.isEmpty ? outcome.text : word
    }

    /// The revision of a snapshot, and when it came to be: other reasons and figures are no news for everybody.
    package func revision(of snapshot: Board.Snapshot) -> (number: UInt64, changed: MonotonicTime) {
        switch self {
        case .everybody: (snapshot.statusRevision, snapshot.statusChanged)
        case .operators: (snapshot.revision, snapshot.changed)
        }
    }
}
