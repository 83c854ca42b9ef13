// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A line of an answer: words, and `name=value` with values that have neither spaces nor control characters, but for `text`,
/// which is the rest of its line.
struct AnswerLine {
    private(set) var bytes: [UInt8] = []

    /// Longer texts are cut.
    private static let textLimit = 160

    /// A line that begins with a word.
    init(_ word: StaticString) { append(word) }

    /// Adds a number.
    mutating func add(_ name: StaticString, _ value: UInt64) {
        begin(name)
        var digits: [UInt8] = []
        var rest = value
        repeat {
            digits.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes += digits.reversed()
    }

    /// Adds a name of ours.
    mutating func add(_ name: StaticString, _ value: StaticString) {
        begin(name)
        append(value)
    }

    /// Adds a text of the driver; nothing for an empty one.
    mutating func add(_ name: StaticString, _ text: [UInt8]) { add(name, text, from: 0x21) }

    private mutating func add(_ name: StaticString, _ text: [UInt8], from first: UInt8) {
        if text.isEmpty { return }
        begin(name)
        for byte in text.prefix(Self.textLimit) {
            bytes.append((first...0x7e).contains(byte) ? byte : UInt8(ascii: "_"))
        }
    }

    /// Adds an error of NVML, with its name, or its number when it is a new one.
    mutating func add(_ failure: NVMLFailure) {
        if let name = failure.status.name {
            add("error", name)
        } else {
            add("error", UInt64(UInt32(bitPattern: failure.status.rawValue)))
        }
        add("call", failure.call)
        add("text", failure.text, from: 0x20)
    }

    /// Ends the line.
    mutating func end() { bytes.append(UInt8(ascii: "\n")) }

    private mutating func begin(_ name: StaticString) {
        bytes.append(UInt8(ascii: " "))
        append(name)
        bytes.append(UInt8(ascii: "="))
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { for byte in $0 { bytes.append(byte) } }
    }
}
