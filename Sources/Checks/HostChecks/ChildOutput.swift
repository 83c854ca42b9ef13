// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// What a program wrote, to its standard output and its standard error; the beginning is kept.
package struct ChildOutput: Sendable {
    /// Bytes that are kept.
    static let limit = 4 << 10
    /// Bytes of a cause.
    static let causeLimit = 300

    /// What was kept.
    package private(set) var bytes: [UInt8] = []

    /// No more is kept.
    var isFull: Bool { bytes.count >= Self.limit }

    /// Keeps what there is room for.
    package mutating func append(_ more: UnsafeRawBufferPointer) {
        bytes += more.prefix(Self.limit - bytes.count)
    }

    /// The first line that says something, without what cannot be printed; nil when there is none.
    package var firstLine: String? {
        let lines = bytes.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        guard let line = lines.first(where: { $0.contains { $0 > 0x20 && $0 != 0x7f } }) else {
            return nil
        }
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        let text = line.drop(while: isBlank)
        let end = text.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? text.endIndex
        return PrintableText.escaped(utf8: Array(text[..<end]), limit: Self.causeLimit)
    }
}
