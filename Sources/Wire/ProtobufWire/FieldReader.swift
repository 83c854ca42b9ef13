// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GRPCWire

/// Reads the fields of one message in order and in place (Protocol Buffers, "Encoding").
///
/// It allocates nothing and keeps nothing. A peer decides how many fields there are, known ones or not: more than the
/// reader of a message expects are refused, so that a message costs at most its bytes and this many fields.
package struct FieldReader {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0
    private let maxFields: Int
    private var fieldsLeft: Int

    /// A reader of the message in `bytes`, which are valid as long as it is used.
    @inline(__always)
    package init(_ bytes: UnsafeRawBufferPointer, maxFields: Int) {
        self.bytes = bytes
        self.maxFields = maxFields
        self.fieldsLeft = maxFields
    }

    /// The next field; nil at the end. Throws INTERNAL when the bytes are no message, as other gRPC servers do, and
    /// RESOURCE_EXHAUSTED when there are too many fields.
    package mutating func next() throws(Status) -> Field? {
        if index == bytes.count { return nil }
        guard fieldsLeft > 0 else {
            throw Status(.resourceExhausted, "a message has more than \(maxFields) fields")
        }
        fieldsLeft -= 1
        let tag = UInt32(truncatingIfNeeded: try varint(atMost: 5))
        let number = tag >> 3
        if number == 0 { throw .malformed }
        switch tag & 7 {
        case 0: return Field(number: number, value: .varint(try varint(atMost: 10)))
        case 1: return Field(number: number, value: .fixed64(try fixed(UInt64.self)))
        case 2:
            let length = Int(try varint(atMost: 5))
            return Field(number: number, value: .bytes(try take(length)))
        case 5: return Field(number: number, value: .fixed32(try fixed(UInt32.self)))
        // Groups, which proto3 does not have, and numbers that mean nothing.
        default: throw .malformed
        }
    }

    @inline(__always)
    private mutating func varint(atMost count: Int) throws(Status) -> UInt64 {
        var value: UInt64 = 0
        for place in 0..<min(count, bytes.count - index) {
            let byte = bytes[index]
            index += 1
            value |= UInt64(byte & 0x7f) << UInt64(7 * place)
            if byte < 0x80 { return value }
        }
        throw .malformed
    }

    @inline(__always)
    private mutating func take(_ count: Int) throws(Status) -> UnsafeRawBufferPointer {
        guard count <= bytes.count - index else { throw .malformed }
        defer { index += count }
        return UnsafeRawBufferPointer(rebasing: bytes[index..<index + count])
    }

    @inline(__always)
    private mutating func fixed<Value: FixedWidthInteger>(
        _ type: Value.Type
    ) throws(Status) -> Value {
        let size = MemoryLayout<Value>.size
        return Value(littleEndian: try take(size).loadUnaligned(as: Value.self))
    }
}

/// One field of a message.
package struct Field {
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes(UnsafeRawBufferPointer)
    }

    /// Its number in the message's definition.
    package let number: UInt32
    let value: Value

    // Each throws INTERNAL when the field came as another kind.

    /// Of `string`, `bytes`, a message or a map entry.
    @inline(__always)
    package func bytes() throws(Status) -> UnsafeRawBufferPointer {
        guard case .bytes(let bytes) = value else { throw .malformed }
        return bytes
    }

    /// Of a map whose keys are `string`, and whose values are `string`, `bytes` or messages.
    package func mapEntry() throws(Status) -> (
        key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
    ) {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        var entry = (key: nothing, value: nothing)
        var reader = FieldReader(try bytes(), maxFields: 16)
        while let field = try reader.next() {
            switch field.number {
            case 1: entry.key = try field.bytes()
            case 2: entry.value = try field.bytes()
            default: break
            }
        }
        return entry
    }

    /// Of `int32` or an enumeration: the low 32 bits.
    package func int32() throws(Status) -> Int32 {
        guard case .varint(let number) = value else { throw .malformed }
        return Int32(truncatingIfNeeded: number)
    }

    /// Of `int64`.
    package func int64() throws(Status) -> Int64 {
        guard case .varint(let number) = value else { throw .malformed }
        return Int64(bitPattern: number)
    }

    /// Of `bool`.
    package func bool() throws(Status) -> Bool {
        guard case .varint(let number) = value else { throw .malformed }
        return number != 0
    }

    /// Of `float`.
    package func float() throws(Status) -> Float {
        guard case .fixed32(let bits) = value else { throw .malformed }
        return Float(bitPattern: bits)
    }
}

extension Status {
    /// The sender is the client in a server, and the server in a client: the text is for both.
    static let malformed = Status(
        .internal,
        "the message is not valid protobuf of its type: both sides need the same .proto file")
}
