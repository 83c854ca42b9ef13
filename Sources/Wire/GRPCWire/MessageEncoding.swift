// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How the messages of one direction of a call may be compressed (`grpc-encoding`).
package enum MessageEncoding: Sendable {
    case identity
    case gzip
    /// A name that we do not know: only uncompressed messages can be read.
    case unsupported

    /// The value of `grpc-encoding` in a request or a response.
    package init(_ value: UnsafeRawBufferPointer) {
        if value.isEqual(to: "identity") {
            self = .identity
        } else if value.isEqual(to: "gzip") {
            self = .gzip
        } else {
            self = .unsupported
        }
    }

    /// What we can read, as the value of `grpc-accept-encoding`.
    package static let accepted: StaticString = "identity,gzip"

    /// Whether a peer's `grpc-accept-encoding` has gzip in its list.
    package static func acceptsGzip(_ value: UnsafeRawBufferPointer) -> Bool {
        value.split(separator: UInt8(ascii: ",")).contains { item in
            let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == 0x09 }
            let start = item.drop(while: isSpace)
            let name = start.prefix { !isSpace($0) }
            return UnsafeRawBufferPointer(rebasing: name).isEqual(to: "gzip")
                && start.dropFirst(name.count).allSatisfy(isSpace)
        }
    }
}
