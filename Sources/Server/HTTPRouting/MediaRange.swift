// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// One item of the field `accept` (RFC 9110, 12.5.1).
package struct MediaRange: Equatable, Sendable {
    /// `text/plain`, in lower case.
    package let type: String
    /// Names in lower case; without `q`.
    package private(set) var parameters: [Parameter] = []
    /// In thousandths: 0 is not acceptable.
    package private(set) var quality = 1000
    /// Its place in the field, from 0.
    package let place: Int

    /// `version=0.0.4`.
    package struct Parameter: Equatable, Sendable {
        package let name: String
        package let value: String
    }

    /// At most so many are read: a longer list is cut.
    private static let limit = 32

    /// The items of a field; those without a type are left out.
    package static func parse(_ field: String) -> [MediaRange] {
        var ranges: [MediaRange] = []
        for item in split(Array(field.utf8), at: UInt8(ascii: ",")).prefix(limit) {
            if let range = MediaRange(item, place: ranges.count) { ranges.append(range) }
        }
        return ranges
    }

    /// The value of a parameter.
    package func parameter(_ name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    /// How exactly the type is named.
    package var exactness: Int {
        if type == "*/*" { return 0 }
        return type.hasSuffix("/*") ? 1 : 2 + parameters.count
    }

    private init?(_ item: ArraySlice<UInt8>, place: Int) {
        let parts = Self.split(Array(item), at: UInt8(ascii: ";"))
        let type = Self.text(parts[0], lowercased: true)
        guard type.utf8.contains(UInt8(ascii: "/")) else { return nil }
        self.type = type
        self.place = place
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = Self.text(part[..<equals], lowercased: true)
            let value = Self.text(part[(equals + 1)...])
            if name == "q" {
                quality = Self.thousandths(value)
            } else {
                parameters.append(Parameter(name: name, value: value))
            }
        }
    }

    /// `0.25` is 250. What is no number is 0: a client that cannot write it gets the default.
    private static func thousandths(_ text: String) -> Int {
        guard let value = Double(text), value >= 0, value <= 1 else { return 0 }
        return Int((value * 1000).rounded())
    }

    /// The parts between separators that are not in a quoted text; at least one.
    private static func split(_ bytes: [UInt8], at separator: UInt8) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var (start, isQuoted, isEscaped) = (0, false, false)
        for (index, byte) in bytes.enumerated() {
            if isEscaped {
                isEscaped = false
            } else if isQuoted, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == separator, !isQuoted {
                parts.append(bytes[start..<index])
                start = index + 1
            }
        }
        return parts + [bytes[start...]]
    }

    /// Without the blanks around it and the quotes of a quoted text.
    private static func text(_ bytes: ArraySlice<UInt8>, lowercased: Bool = false) -> String {
        var bytes = bytes.drop(while: \.isBlank)
        while bytes.last?.isBlank ?? false { bytes.removeLast() }
        if bytes.count >= 2, bytes.first == UInt8(ascii: "\""), bytes.last == UInt8(ascii: "\"") {
            bytes = bytes.dropFirst().dropLast()
            bytes.removeAll { $0 == UInt8(ascii: "\\") }
        }
        return String(
            decoding: lowercased ? ArraySlice(bytes.map(\.lowercased)) : bytes, as: UTF8.self)
    }
}
