// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What the fields of a message say about the end of its body and of its connection (RFC 9112, 6 and 9.3).
///
/// Ambiguous messages are refused: two readers would disagree, which allows request smuggling.
struct MessageFraming {
    /// Nil when no field speaks of a body.
    let body: BodyReader.Length?
    let keepsConnection: Bool

    init(_ fields: HTTP1Fields, isHTTP10: Bool) throws(HTTP1Fault) {
        let lengths = fields.count("content-length")
        let encodings = fields.count("transfer-encoding")
        if let encoding = encodings.first {
            if lengths.count > 0 { throw .twoLengths }
            if isHTTP10 { throw .transferEncoding }
            guard encodings.count == 1, encoding.isEqualIgnoringCase(to: "chunked") else {
                throw .transferEncodingUnknown
            }
            body = .chunked
        } else if let length = lengths.first {
            guard lengths.count == 1 else { throw .contentLength }
            body = .fixed(try MessageFraming.number(length))
        } else {
            body = nil
        }
        keepsConnection =
            !fields.lists("close", in: "connection")
            && (!isHTTP10 || fields.lists("keep-alive", in: "connection"))
    }

    /// Digits alone. No leading zero, which some readers take for octal.
    private static func number(_ text: ArraySlice<UInt8>) throws(HTTP1Fault) -> Int {
        let zero = UInt8(ascii: "0")
        guard let first = text.first, text.count <= 18, first != zero || text.count == 1 else {
            throw .contentLength
        }
        var number = 0
        for digit in text {
            guard digit >= zero, digit <= UInt8(ascii: "9") else { throw .contentLength }
            number = number * 10 + Int(digit - zero)
        }
        return number
    }
}
