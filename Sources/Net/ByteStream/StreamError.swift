// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO
package import TLSWire

/// Why a ``StreamSocket`` cannot be used any more.
package enum StreamError: Error, Equatable, Sendable {
    /// The kernel says that the connection is lost.
    case system(SystemCallError)
    /// The peer broke TLS, or one side did not accept the other. The alert for the peer waits to be sent.
    case tls(TLSFailure)

    /// For a person: what failed.
    package var text: String {
        switch self {
        case .system(let error): error.text
        case .tls(let failure): "TLS: \(failure.text)"
        }
    }
}
