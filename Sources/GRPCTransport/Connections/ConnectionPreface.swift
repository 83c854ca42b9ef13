// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The first bytes of a connection: what they say of what follows (RFC 9113, 3.4).
enum ConnectionPreface {
    enum Verdict { case http2, incomplete, other }

    private static let http2 = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// Bytes that are enough for a verdict.
    static let size = http2.count

    /// Judges at most ``size`` bytes.
    static func judge(_ first: [UInt8]) -> Verdict {
        guard http2.starts(with: first) else { return .other }
        return first.count == size ? .http2 : .incomplete
    }

    /// An empty SETTINGS frame, then GOAWAY with PROTOCOL_ERROR and a text: what RFC 9113, 3.4 has for a bad preface.
    static let refusal: [UInt8] = {
        let text = Array("not HTTP/2: the connection preface is missing".utf8)
        let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
        let goAway: [UInt8] = [0, 0, UInt8(8 + text.count), 7, 0, 0, 0, 0, 0]
        return settings + goAway + [0, 0, 0, 0, 0, 0, 0, 1] + text
    }()
}
