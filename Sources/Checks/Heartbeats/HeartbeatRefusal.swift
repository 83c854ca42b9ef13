// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Why a report is not taken.
package enum HeartbeatRefusal: Error, Equatable {
    /// There is no heartbeat of this name; these there are.
    case unknownName(String, known: [String])
    /// Who reports has not shown the token of this heartbeat.
    case unauthorized
    /// Something is wrong with the report.
    case malformed(String)
    /// It has too many bytes.
    case tooLarge

    /// What is wrong, and what to do.
    package var text: String {
        switch self {
        case .unknownName(let name, let known):
            "no heartbeat is named "
                + PrintableText.quoted(PrintableText.prefix(of: name, bytes: 63))
                + (known.isEmpty
                    ? ": there are none" : ": there are " + known.joined(separator: ", "))
        case .unauthorized:
            "no such heartbeat, or not its token: send the field authorization: Bearer TOKEN"
        case .malformed(let problem): problem
        case .tooLarge: "the report has more than \(HeartbeatReport.bodyLimit) bytes"
        }
    }
}
