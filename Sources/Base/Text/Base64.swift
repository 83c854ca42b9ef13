// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Base64 (RFC 4648, 4): written without padding as in gRPC's binary metadata; read from there, and from PEM.
package enum Base64 {
    private static let alphabet: StaticString =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    /// What each byte stands for: six bits, ``space`` or ``invalid``.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: invalid, count: 256)
        for index in 0..<64 { values[Int(alphabet.utf8Start[index])] = UInt8(index) }
        for byte in [0x20, 0x09, 0x0a, 0x0d] { values[byte] = space }
        return values
    }()
    private static var invalid: UInt8 { 0xff }
    private static var space: UInt8 { 0xfe }

    /// `bytes` as text, without padding.
    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for index in 0..<3 {
                bits = bits << 8 | (index < group.count ? UInt32(group[start + index]) : 0)
            }
            for index in 0...group.count {
                text.append(alphabet.utf8Start[Int(bits >> (18 - 6 * UInt32(index))) & 0x3f])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The same with the padding that most protocols want.
    package static func encodePadded(_ bytes: [UInt8]) -> String {
        let text = encode(bytes)
        return text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    }

    /// What a text with or without padding stands for; nil when it is not base64 to the end.
    package static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        var digits = text[...]
        if digits.count % 4 == 0 {
            for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits.removeLast() }
        }
        guard digits.count % 4 != 1, digits.allSatisfy({ values[Int($0)] < 64 }) else { return nil }
        return decodeBeginning(UnsafeRawBufferPointer(rebasing: digits))
    }

    /// Decodes until the text ends or a byte is neither base64 nor white space, as readers of PEM do.
    package static func decodeBeginning(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3 + 3) { place, count in
            count = decodeBeginning(of: text, into: UnsafeMutableRawBufferPointer(place))
        }
    }

    /// The same into `place`, until that is full; the number of bytes.
    package static func decodeBeginning(
        of text: UnsafeRawBufferPointer, into place: UnsafeMutableRawBufferPointer
    ) -> Int {
        values.withUnsafeBufferPointer { values in
            var bits: UInt32 = 0
            var bitCount = 0
            var count = 0
            var index = 0
            while index < text.count {
                if bitCount == 0 {
                    decodeGroups(text, &index, into: place, &count, values)
                    if index >= text.count { break }
                }
                let value = values[Int(text[index])]
                index += 1
                if value == space { continue }
                if value >= 64 { break }  // padding, or not base64
                bits = bits << 6 | UInt32(value)
                bitCount += 6
                if bitCount < 8 { continue }
                if count == place.count { break }
                bitCount -= 8
                place[count] = UInt8(truncatingIfNeeded: bits >> UInt32(bitCount))
                count += 1
            }
            return count
        }
    }

    /// Decodes whole groups of four characters, up to the first that has white space or something else in it: a
    /// line of PEM at once.
    private static func decodeGroups(
        _ text: UnsafeRawBufferPointer, _ index: inout Int,
        into place: UnsafeMutableRawBufferPointer, _ count: inout Int,
        _ values: UnsafeBufferPointer<UInt8>
    ) {
        guard let source = text.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let target = place.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let values = values.baseAddress
        else { return }
        while index &+ 4 <= text.count, count &+ 3 <= place.count {
            let group = source + index
            let first = values[Int(group[0])]
            let second = values[Int(group[1])]
            let third = values[Int(group[2])]
            let fourth = values[Int(group[3])]
            // Values have six bits; what is no value has the upper two.
            if first | second | third | fourth >= 64 { return }
            target[count] = first << 2 | second >> 4
            target[count &+ 1] = second << 4 | third >> 2
            target[count &+ 2] = third << 6 | fourth
            index &+= 4
            count &+= 3
        }
    }
}
