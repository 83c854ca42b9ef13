// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Why a request is not served, and what becomes of its connection.
package struct HTTP1Refusal: Equatable, Sendable {
    package let fault: HTTP1Fault
    /// Nothing that follows on the connection can be trusted, or is worth waiting for.
    package let closesConnection: Bool
    /// The request was one for HEAD: its answer has no body.
    package let isHead: Bool

    /// The status to answer with.
    package var status: HTTP1Status {
        switch fault {
        case .startLineTooLong: .uriTooLong
        case .headTooLarge, .tooManyFields: .headerFieldsTooLarge
        case .version: .versionNotSupported
        case .transferEncodingUnknown, .methodUnknown: .notImplemented
        case .bodyTooLarge: .contentTooLarge
        case .expectation: .expectationFailed
        case .methodNotAllowed: .methodNotAllowed
        default: .badRequest
        }
    }
}
