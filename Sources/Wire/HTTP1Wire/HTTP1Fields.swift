// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// The header fields of a message, in their order.
package struct HTTP1Fields: Sendable {
    /// The lines of the head, one after the other, without their ends.
    private(set) var bytes: [UInt8] = []
    private var places: [Place] = []

    /// Where a field stands.
    private struct Place: Sendable {
        let name: Range<Int>
        let value: Range<Int>
    }

    /// No fields.
    package init() {}

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
        for place in places
        where place.name.count == name.utf8CodeUnitCount
            && bytes[place.name].isEqualIgnoringCase(to: name)
        {
            values.append(bytes[place.value])
        }
        return values
    }

    /// One of the fields of this name lists this word.
    func lists(_ word: StaticString, in name: StaticString) -> Bool {
        let (count, first) = count(name)
        guard let first else { return false }
        if count == 1, first.isEqualIgnoringCase(to: word) { return true }
        if count == 1, !first.contains(UInt8(ascii: ",")) { return false }
        return values(name).contains { value in
            value.split(separator: UInt8(ascii: ",")).contains {
                $0.trimmed.isEqualIgnoringCase(to: word)
            }
        }
    }

    /// The values of all fields of this name, in their order; `name` is in lower case.
    package func texts(of name: String) -> [String] {
        var texts: [String] = []
        for place in places where isName(bytes[place.name], name) {
            texts.append(bytes[place.value].text)
        }
        return texts
    }

    private func isName(_ field: ArraySlice<UInt8>, _ name: String) -> Bool {
        field.count == name.utf8.count && zip(field, name.utf8).allSatisfy { $0.lowercased == $1 }
    }

    /// Adds a field that is known to be one.
    package mutating func add(
        name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
    ) {
        let start = bytes.count
        bytes.append(contentsOf: name)
        bytes.append(contentsOf: value)
        let end = start + name.count
        places.append(Place(name: start..<end, value: end..<bytes.count))
    }

    /// Adds a field of a constant name that is known to be one.
    package mutating func add(name: StaticString, value: UnsafeRawBufferPointer) {
        add(name: UnsafeRawBufferPointer(name.bytes), value: value)
    }

    /// How many fields have this name, and the value of the first of them.
    func count(_ name: StaticString) -> (count: Int, first: ArraySlice<UInt8>?) {
        var (count, first) = (0, Range<Int>?.none)
        for place in places where place.name.count == name.utf8CodeUnitCount {
            guard bytes[place.name].isEqualIgnoringCase(to: name) else { continue }
            count += 1
            first = first ?? place.value
        }
        return (count, first.map { bytes[$0] })
    }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    mutating func append(_ run: UnsafeRawBufferPointer) { bytes.append(contentsOf: run) }

    /// Makes room for a head of this size.
    mutating func reserve(_ size: Int) {
        bytes.reserveCapacity(size)
        places.reserveCapacity(8)
    }

    /// Takes a line for a field (RFC 9112, 5).
    mutating func add(line: Range<Int>) throws(HTTP1Fault) {
        let text = bytes[line]
        if let first = text.first, first.isBlank { throw .folding }
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > line.lowerBound,
            text[..<colon].allSatisfy({ $0.isTokenByte })
        else { throw .fieldSyntax }
        let value = text[(colon + 1)...].trimmed
        places.append(
            Place(name: line.lowerBound..<colon, value: value.startIndex..<value.endIndex))
    }
}
