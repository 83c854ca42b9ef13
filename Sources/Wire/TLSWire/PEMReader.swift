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
