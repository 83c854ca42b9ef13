// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Recognises the protocol of a connection by its first bytes, with as few as possible.
///
/// `PRI` is reserved for the preface of HTTP/2 (RFC 9113, 11.6); the session checks the rest of the preface.
/// Only a known method makes a connection HTTP/1.x: other clients could not read a response in text.
package struct ProtocolSniffer: Sendable {
    /// What the bytes are the beginning of.
    package enum Verdict: Sendable {
        /// Any of them; they were taken, and are in ``taken``.
        case undecided
        case http2
        /// A request line.
        case http1
        /// The first record of a TLS handshake.
        case tls
        case neither
    }

    private static let preface: StaticString = "PRI "
    /// A handshake record of any version of TLS (RFC 8446, 5.1).
    private static let record: [UInt8] = [0x16, 0x03]
    private static let methods: [StaticString] = [
        "GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT ", "TRACE ",
    ]

    /// The bytes of earlier calls, at most seven. They come before those of the call that decided.
    package private(set) var taken: [UInt8] = []

    /// A sniffer at the start of a connection.
    package init() {}

    /// Takes bytes until there is a verdict.
    package mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Verdict {
        // As nearly all clients begin. Byte by byte it was 7 % of the instructions of a connection with a Check.
        if taken.isEmpty, bytes.starts(with: Self.preface.bytes) { return .http2 }
        var first = taken
        for byte in bytes {
            first.append(byte)
            if Self.preface.bytes.elementsEqual(first) { return .http2 }
            if Self.methods.contains(where: { $0.bytes.elementsEqual(first) }) { return .http1 }
            if Self.record == first { return .tls }
            let isBeginning = ([Self.preface] + Self.methods)
                .contains { $0.bytes.starts(with: first) }
            if !isBeginning, !Self.record.starts(with: first) { return .neither }
        }
        taken = first
        return .undecided
    }
}
