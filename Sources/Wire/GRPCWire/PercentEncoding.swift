// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// The encoding of `grpc-message`: bytes outside printable ASCII, and `%`, become `%XX`
/// (gRPC, PROTOCOL-HTTP2.md). So does a space at either end, which HTTP/2 forbids (RFC 9113, 8.2.1).
package enum PercentEncoding {
    /// More than this is cut off: gRPC's clients in C++ and Java take 8 KiB of header fields in all, and would not
    /// see the code either.
    private static let longest = 4096

    /// Encodes the UTF-8 of `text`; of a long one the beginning.
    package static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        var characterStart = 0
        for byte in text.utf8 {
            if byte & 0xc0 != 0x80 { characterStart = encoded.count }
            if encoded.count + 3 > longest {
                encoded.removeLast(encoded.count - characterStart)
                break
            }
            if byte > 0x20 || byte == 0x20 && !encoded.isEmpty, byte <= 0x7e,
                byte != UInt8(ascii: "%")
            {
                encoded.append(byte)
            } else {
                encoded.append(UInt8(ascii: "%"))
                encoded.append(digits[Int(byte >> 4)])
                encoded.append(digits[Int(byte & 0xf)])
            }
        }
        // There is room: each byte was let in as if it took three.
        if encoded.last == 0x20 {
            encoded.removeLast()
            encoded += "%20".utf8
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Decodes; what is no valid escape stays as it is, and invalid UTF-8 is repaired: a bad message must not
    /// hide the status it came with.
    package static func decode(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: PercentDecoding.lenient(Array(bytes)), as: UTF8.self)
    }
}
