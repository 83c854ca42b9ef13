// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// The header fields of a message, in their order.
package struct HTTP1Fields: Sendable {
    /// The lines of the head, one after the other, without their ends.
    private(set) var bytes: [UInt8] = []
    private var places: [(name: Range<Int>, value: Range<Int>)] = []

    /// The value of the first field of this name, in any case; nil when there is none.
    package subscript(name: StaticString) -> String? { values(name).first?.text }

    /// All fields in their order; names in lower case.
    package var all: [(name: String, value: String)] {
        places.map { place in
            (
                String(decoding: bytes[place.name].lazy.map(\.lowercased), as: UTF8.self),
                bytes[place.value].text
            )
        }
    }

    /// The number of fields.
    package var count: Int { places.count }

    /// The values of all fields of this name, without blanks around them.
    func values(_ name: StaticString) -> [ArraySlice<UInt8>] {
        var values: [ArraySlice<UInt8>] = []
        for place in places where bytes[place.name].isEqualIgnoringCase(to: name) {
            values.append(bytes[place.value])
        }
        return values
    }

    /// One of the fields of this name lists this word.
    func lists(_ word: StaticString, in name: StaticString) -> Bool {
        values(name).contains { value in
            value.split(separator: UInt8(ascii: ",")).contains {
                $0.trimmed.isEqualIgnoringCase(to: word)
            }
        }
    }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    /// Takes a line for a field (RFC 9112, 5).
    mutating func add(line: Range<Int>) throws(HTTP1Fault) {
        let text = bytes[line]
        if let first = text.first, first.isBlank { throw .folding }
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > line.lowerBound,
            text[..<colon].allSatisfy({ $0.isTokenByte })
        else { throw .fieldSyntax }
        let value = text[(colon + 1)...].trimmed
        places.append((line.lowerBound..<colon, value.startIndex..<value.endIndex))
    }
}
