// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The PEM blocks of a text (RFC 7468), found one after the other. What is no block is skipped, as it is in every
/// reader of certificate bundles.
///
/// Works on memory that its caller keeps; every offset is checked against its end.
struct PEMReader {
    /// A block: where its label and its base64 text stand.
    struct Block {
        let label: Range<Int>
        let body: Range<Int>
    }

    private let text: UnsafeRawBufferPointer
    private var position = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    /// The next block whose label is one of `labels`, or nil at the end.
    mutating func next(labelled labels: StaticString...) -> Block? {
        while let block = next() {
            let label = UnsafeRawBufferPointer(rebasing: text[block.label])
            for wanted in labels where Self.equal(label, wanted) { return block }
        }
        return nil
    }

    /// The next block of any label.
    mutating func next() -> Block? {
        while let begin = findDash(from: position) {
            guard skip("-----BEGIN ", at: begin), let labelEnd = findDash(from: position) else {
                position = begin + 1
                continue
            }
            let label = position..<labelEnd
            guard label.count < 64, skip("-----", at: labelEnd) else { continue }
            let start = position
            // Base64 has no dash: the next one begins the end line.
            guard let end = findDash(from: start) else { return nil }
            guard skip("-----END ", at: end) else { continue }
            return Block(label: label, body: start..<end)
        }
        return nil
    }

    /// There is a key that wants a passphrase: in PKCS#8, or in the older form, whose headers no block has (RFC 1421).
    static func hasEncryptedKey(_ text: [UInt8]) -> Bool {
        contains(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----")
            || contains(text, "Proc-Type: 4,ENCRYPTED")
    }

    private static func contains(_ text: [UInt8], _ word: StaticString) -> Bool {
        text.withUnsafeBytes { bytes in
            var start = 0
            while let found = bytes[start...].firstIndex(of: word.utf8Start[0]) {
                let end = found + word.utf8CodeUnitCount
                if end > bytes.count { return false }
                if equal(UnsafeRawBufferPointer(rebasing: bytes[found..<end]), word) { return true }
                start = found + 1
            }
            return false
        }
    }

    private func findDash(from start: Int) -> Int? {
        guard start < text.count, let base = text.baseAddress,
            let found = memchr(base + start, CInt(UInt8(ascii: "-")), text.count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// Moves behind `word` when it stands at `offset`.
    private mutating func skip(_ word: StaticString, at offset: Int) -> Bool {
        let end = offset + word.utf8CodeUnitCount
        guard end <= text.count,
            Self.equal(UnsafeRawBufferPointer(rebasing: text[offset..<end]), word)
        else { return false }
        position = end
        return true
    }

    private static func equal(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        guard let base = bytes.baseAddress else { return false }
        return bytes.count == word.utf8CodeUnitCount
            && memcmp(base, word.utf8Start, bytes.count) == 0
    }
}

/// Base64 (RFC 4648) with white space anywhere, as PEM has it.
struct Base64Decoder {
    private static let invalid: UInt8 = 0xff
    private static let space: UInt8 = 0xfe
    private let values: [UInt8]

    init() {
        var values = [UInt8](repeating: Self.invalid, count: 256)
        let alphabet: StaticString =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for index in 0..<64 { values[Int(alphabet.utf8Start[index])] = UInt8(index) }
        for byte in [0x20, 0x09, 0x0a, 0x0d] { values[byte] = Self.space }
        self.values = values
    }

    /// Decodes into `place` until it is full, the text ends or a byte is no base64; the number of bytes.
    func decode(
        _ text: UnsafeRawBufferPointer, into place: UnsafeMutableRawBufferPointer
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
                if value >= 64 {
                    if value == Self.space { continue }
                    break  // padding, or no base64
                }
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
    /// line of PEM in one go.
    private func decodeGroups(
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

    /// Decodes all of a text.
    func decode(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3 + 3) { place, count in
            count = decode(text, into: UnsafeMutableRawBufferPointer(place))
        }
    }
}
