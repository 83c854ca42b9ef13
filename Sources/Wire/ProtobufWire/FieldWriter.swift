// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Writes the fields of one message in the order in which they are given (Protocol Buffers, "Encoding").
///
/// For messages that are built from values at hand, field by field: no tree of C structs has to live meanwhile, and how
/// many bytes there are so far is known at each step. It writes every value that it is given, zeros and empty texts, too.
package struct FieldWriter {
    /// What was written.
    package private(set) var bytes: [UInt8] = []

    /// An empty message.
    package init() {}

    /// Bytes so far.
    package var count: Int { bytes.count }

    /// A whole number that is not negative, a truth value or an enumeration.
    package mutating func varint(_ number: UInt32, _ value: UInt64) {
        tag(number, 0)
        append(varint: value)
    }

    /// Of `int32` or `int64`; a negative number has ten bytes.
    package mutating func int64(_ number: UInt32, _ value: Int64) {
        varint(number, UInt64(bitPattern: value))
    }

    /// Of `fixed64`, and `sfixed64` by its bits.
    package mutating func fixed64(_ number: UInt32, _ value: UInt64) {
        tag(number, 1)
        append(fixed64: value)
    }

    /// Of `double`.
    package mutating func double(_ number: UInt32, _ value: Double) {
        fixed64(number, value.bitPattern)
    }

    /// Of `string`.
    package mutating func text(_ number: UInt32, _ text: String) {
        tag(number, 2)
        append(varint: UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    /// Of `bytes`, or a message that is encoded already.
    package mutating func data(_ number: UInt32, _ data: [UInt8]) {
        data.withUnsafeBytes { self.data(number, $0) }
    }

    /// Of `bytes`, or a message that is encoded already, where they stand.
    package mutating func data(_ number: UInt32, _ data: UnsafeRawBufferPointer) {
        tag(number, 2)
        append(varint: UInt64(data.count))
        bytes.append(contentsOf: data)
    }

    /// A field as it was read.
    package mutating func field(_ field: Field) {
        switch field.value {
        case .varint(let value): varint(field.number, value)
        case .fixed64(let value): fixed64(field.number, value)
        case .bytes(let bytes): data(field.number, bytes)
        case .fixed32(let value):
            tag(field.number, 5)
            for place in 0..<4 {
                bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(8 * place)))
            }
        }
    }

    /// What another writer has written, as fields of this message.
    package mutating func fields(_ other: FieldWriter) { bytes.append(contentsOf: other.bytes) }

    /// A message, whose fields `write` gives.
    package mutating func message(_ number: UInt32, _ write: (inout FieldWriter) -> Void) {
        var message = FieldWriter()
        write(&message)
        data(number, message.bytes)
    }

    /// A repeated `fixed64`, packed.
    package mutating func packed(_ number: UInt32, fixed64 values: [UInt64]) {
        tag(number, 2)
        append(varint: UInt64(values.count * 8))
        for value in values { append(fixed64: value) }
    }

    /// A repeated `int32`, packed.
    package mutating func packed(_ number: UInt32, int32 values: [Int32]) {
        var elements = FieldWriter()
        for value in values { elements.append(varint: UInt64(bitPattern: Int64(value))) }
        data(number, elements.bytes)
    }

    private mutating func tag(_ number: UInt32, _ type: UInt32) {
        append(varint: UInt64(number << 3 | type))
    }

    private mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    private mutating func append(fixed64 value: UInt64) {
        for place in 0..<8 {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * place)))
        }
    }
}
