// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Why a connection could not be opened, or ended.
package enum OutboundFailure: Error, Equatable, Sendable {
    /// There is no connection: the name, the network, TLS.
    case unreachable(reason: String)
    /// The connection ended after it was open.
    case cutOff
}

extension OutboundFailure {
    /// What is wrong, for an operator.
    package var text: String {
        switch self {
        case .unreachable(let reason): reason
        case .cutOff: "it closed the connection"
        }
    }
}
