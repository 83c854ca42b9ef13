// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

extension RPCHeader {
    /// The value as it goes over the wire: in base64 when the name ends in `-bin`
    /// (gRPC, PROTOCOL-HTTP2.md; without padding, as it asks of senders).
    var encodedValue: String {
        Array(name.utf8.suffix(4)) == Array("-bin".utf8) ? Self.base64(Array(value.utf8)) : value
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for index in 0..<3 {
                bits = bits << 8 | (index < group.count ? UInt32(group[start + index]) : 0)
            }
            for index in 0...group.count {
                text.append(alphabet[Int(bits >> (18 - 6 * UInt32(index))) & 0x3f])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
