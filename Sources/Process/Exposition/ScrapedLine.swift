// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Reads the parts of one line of the text format, `name{label="value",...} number`. Pure.
package struct ScrapedLine {
    /// A label of a sample.
    package struct Label: Equatable, Sendable {
        package let name: String
        /// With its escapes, of which each character has one: texts that are the same are written the same.
        package let value: String
    }

    private var rest: ArraySlice<UInt8>

    private static let braces: (open: Unicode.Scalar, close: Unicode.Scalar) = ("{", "}")

    /// Labels of one sample at most: no library has more than a few.
    private static let labelLimit = 128

    /// A line without its end.
    package init(_ line: ArraySlice<UInt8>) {
        rest = line
        skipBlanks()
    }

    /// Nothing is left of it.
    package var isEmpty: Bool { rest.isEmpty }

    /// Takes `byte`, if it is next, and the blanks behind it.
    mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: byte) else { return false }
        rest.removeFirst()
        skipBlanks()
        return true
    }

    /// Takes what comes before the next blank.
    mutating func word() -> String {
        let word = rest.prefix { !$0.isBlank }
        rest = rest[word.endIndex...]
        skipBlanks()
        return String(decoding: word, as: UTF8.self)
    }

    /// Takes the name of a metric.
    package mutating func name() throws(ScrapedLineError) -> String { try name(colons: true) }

    /// Takes the rest as help, without its escapes.
    mutating func help() throws(ScrapedLineError) -> String {
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "n"): text.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
            // Both libraries and servers have written quotes so.
            case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
            case let other: text += [UInt8(ascii: "\\")] + [other].compactMap(\.self)
            }
        }
        return try Self.utf8(text)
    }

    /// Takes labels, if there are any.
    package mutating func labels() throws(ScrapedLineError) -> [Label] {
        var labels: [Label] = []
        guard take(Self.braces.open) else { return labels }
        while !take(Self.braces.close) {
            if !labels.isEmpty {
                guard take(",") else { throw ScrapedLineError("its labels do not end") }
                if take(Self.braces.close) { break }
            }
            let name = try name(colons: false)
            guard !labels.contains(where: { $0.name == name }) else {
                throw ScrapedLineError("the label \(name) comes twice")
            }
            guard labels.count < Self.labelLimit else { throw ScrapedLineError("too many labels") }
            guard take("=") else { throw ScrapedLineError("a label has no value") }
            labels.append(Label(name: name, value: try quoted()))
        }
        return labels
    }

    /// Takes the value; its text is as it stands there.
    package mutating func value() throws(ScrapedLineError) -> (text: String, number: Double) {
        let text = word()
        guard let number = Self.number(text) else { throw ScrapedLineError("it has no number") }
        return (text, number)
    }

    /// Takes a time in milliseconds, if there is one, and the end of the line.
    mutating func timestamp() throws(ScrapedLineError) -> Int64? {
        if rest.isEmpty { return nil }
        let text = word()
        guard let time = Int64(text), rest.isEmpty else {
            throw ScrapedLineError("what follows its number is not a time in milliseconds")
        }
        return time
    }

    private mutating func skipBlanks() { rest = rest.drop { $0.isBlank } }

    private mutating func name(colons: Bool) throws(ScrapedLineError) -> String {
        let name = rest.prefix { byte in
            byte.isLetter || byte.isDigit || byte == UInt8(ascii: "_")
                || colons && byte == UInt8(ascii: ":")
        }
        guard let first = name.first, !first.isDigit else {
            throw ScrapedLineError("it has no name")
        }
        rest = rest[name.endIndex...]
        skipBlanks()
        return String(decoding: name, as: UTF8.self)
    }

    /// Takes a text in quotes, with its escapes.
    private mutating func quoted() throws(ScrapedLineError) -> String {
        guard rest.popFirst() == UInt8(ascii: "\"") else {
            throw ScrapedLineError("the value of a label has no quotes")
        }
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") {
                skipBlanks()
                return try Self.utf8(text)
            }
            text.append(byte)
            guard byte == UInt8(ascii: "\\") else { continue }
            guard let escaped = rest.popFirst(), "\\\"n".utf8.contains(escaped) else {
                throw ScrapedLineError(
                    #"the value of a label has an unknown escape: use \\, \" or \n"#)
            }
            text.append(escaped)
        }
        throw ScrapedLineError("the value of a label does not end")
    }

    private static func utf8(_ bytes: [UInt8]) throws(ScrapedLineError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ScrapedLineError("it is not UTF-8")
        }
        return text
    }

    /// A number as Go writes and reads it, without hexadecimal ones.
    static func number(_ text: String) -> Double? {
        switch text.lowercased() {
        case "nan": return .nan
        case "inf", "+inf": return .infinity
        case "-inf": return -.infinity
        default:
            guard text.utf8.allSatisfy({ $0.isDigit || "+-.eE".utf8.contains($0) }) else {
                return nil
            }
            return Double(text)
        }
    }
}
