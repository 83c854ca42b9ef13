// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import SystemIO
import Text

/// Why a process of this machine has given no answer.
package struct LocalHTTPError: Error, Equatable {
    /// In words that follow its address.
    package let reason: String

    init(_ reason: String) { self.reason = reason }

    /// What a call came to.
    init(_ error: SystemCallError) {
        switch error.errno {
        case .connectionRefused, .noSuchFile:
            reason = "\(error.errno.text): is it running, and is this the address of its --admin?"
        case .permissionDenied: reason = "\(error.errno.text): only its owner may ask"
        case .timedOut: reason = "no answer in time"
        default: reason = error.text
        }
    }

    /// The server has answered, and refuses.
    init(_ response: LocalHTTPRequest.Response) {
        let line = Array(response.body.prefix { $0 != UInt8(ascii: "\n") })
        let text = PrintableText.escaped(utf8: line, limit: 300)
        let status = "HTTP status \(response.status.rawValue)"
        reason = text.isEmpty ? status : "\(status): \(text)"
    }
}
