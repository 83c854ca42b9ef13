// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire
import HealthProtocol

/// Which clients are told why a name is not SERVING. By default a health answer is a status and nothing more.
package enum ReasonAudience: String, CaseIterable, Sendable {
    case none
    /// Clients of this machine: by a loopback address or a Unix socket.
    case loopback
    case all
}

/// The trailers of an answer with a reason.
enum ReasonTrailers {
    private static let tables = HealthReason.allCases.map {
        FixedHeaderFields([("grpc-status", "0"), (HealthReason.fieldName, $0.word)])
    }

    static func fields(_ reason: HealthReason) -> FixedHeaderFields? {
        HealthReason.allCases.firstIndex(of: reason).map { tables[$0] }
    }
}
