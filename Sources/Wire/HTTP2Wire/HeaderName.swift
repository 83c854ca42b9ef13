// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// Some of the known header names.
package struct HeaderNameSet: Sendable {
    private var bits: UInt32 = 0

    /// A set of these names.
    package init(_ names: HeaderName...) {
        for name in names { bits |= 1 << UInt32(name.rawValue) }
    }

    /// The same without this name.
    package func without(_ name: HeaderName) -> HeaderNameSet {
        var rest = self
        rest.bits &= ~(1 << UInt32(name.rawValue))
        return rest
    }

    @inline(__always)
    func contains(_ name: HeaderName) -> Bool { bits >> UInt32(name.rawValue) & 1 != 0 }
}

/// The header names that this project acts on; every other name is ``other`` and keeps its bytes.
package enum HeaderName: UInt8, Sendable {
    case other
    case method, scheme, path, authority, status
    case te, contentType, contentLength, userAgent
    case grpcStatus, grpcMessage, grpcTimeout, grpcEncoding, grpcAcceptEncoding

    /// The name as it is on the wire; nil for ``other``.
    var text: StaticString? {
        switch self {
        case .other: nil
        case .method: ":method"
        case .scheme: ":scheme"
        case .path: ":path"
        case .authority: ":authority"
        case .status: ":status"
        case .te: "te"
        case .contentType: "content-type"
        case .contentLength: "content-length"
        case .userAgent: "user-agent"
        case .grpcStatus: "grpc-status"
        case .grpcMessage: "grpc-message"
        case .grpcTimeout: "grpc-timeout"
        case .grpcEncoding: "grpc-encoding"
        case .grpcAcceptEncoding: "grpc-accept-encoding"
        }
    }

    /// Finds a name by its bytes: its length picks the candidates, one comparison decides. Names are lower
    /// case in HTTP/2 (RFC 9113, 8.2.1).
    @inline(__always)
    init(_ bytes: UnsafePointer<UInt8>, _ count: Int) {
        @inline(__always)
        func isName(_ name: StaticString) -> Bool {
            memcmp(bytes, name.utf8Start, name.utf8CodeUnitCount) == 0
        }
        self = .other
        switch count {
        case 2: if isName("te") { self = .te }
        case 5: if isName(":path") { self = .path }
        case 7:
            if isName(":method") {
                self = .method
            } else if isName(":scheme") {
                self = .scheme
            } else if isName(":status") {
                self = .status
            }
        case 10:
            if isName(":authority") {
                self = .authority
            } else if isName("user-agent") {
                self = .userAgent
            }
        case 11: if isName("grpc-status") { self = .grpcStatus }
        case 12:
            if isName("content-type") {
                self = .contentType
            } else if isName("grpc-timeout") {
                self = .grpcTimeout
            } else if isName("grpc-message") {
                self = .grpcMessage
            }
        case 13: if isName("grpc-encoding") { self = .grpcEncoding }
        case 14: if isName("content-length") { self = .contentLength }
        case 20: if isName("grpc-accept-encoding") { self = .grpcAcceptEncoding }
        default: break
        }
    }
}
