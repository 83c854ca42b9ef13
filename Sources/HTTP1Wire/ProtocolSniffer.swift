// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Tells from the first bytes of a connection which protocol they are of, with as few as possible.
///
/// Four bytes are enough: `PRI` is reserved for the preface of HTTP/2 (RFC 9113, 11.6); the rest of the preface is
/// checked by who reads it.
public struct ProtocolSniffer: Sendable {
    /// What the bytes are the beginning of.
    public enum Verdict: Sendable {
        /// Any of them; they were taken, and are in ``taken``.
        case undecided
        case http2
        /// Some request line, perhaps of an unknown method.
        case http1
        /// TLS, for example.
        case neither
    }

    private static let preface: StaticString = "PRI "
    private var matched = 0

    /// A sniffer at the start of a connection.
    public init() {}

    /// The bytes of earlier calls. They come before those of the call that decided.
    public var taken: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: Self.preface.octets[..<matched]))
    }

    /// Looks at bytes until there is a verdict.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Verdict {
        let preface = Self.preface.octets
        var place = matched
        for octet in bytes {
            if octet == preface[place] {
                place += 1
                if place == preface.count { return .http2 }
                continue
            }
            // A line may be empty before a request line; a blank ends a method.
            let isRequest =
                octet.isTokenOctet || (place == 0 && octet == UInt8(ascii: "\r"))
                || (place > 0 && octet == 0x20)
            return isRequest ? .http1 : .neither
        }
        matched = place
        return .undecided
    }
}
