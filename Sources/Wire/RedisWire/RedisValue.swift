// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A reply of Redis, of RESP2 or RESP3.
package indirect enum RedisValue: Equatable, Sendable {
    /// `+OK`, and RESP3's verbatim text.
    case text(String)
    /// `-ERR ...`: the word before the first blank, and the line; of long ones the beginning.
    case error(code: String, text: String)
    /// A number; RESP3's big numbers and doubles come as text.
    case integer(Int64)
    /// Bytes; nil for RESP2's null.
    case bytes([UInt8]?)
    /// An array, a set or a push; nil for RESP2's null.
    case array([RedisValue]?)
    /// A map, in its order.
    case map([(key: RedisValue, value: RedisValue)])
    case boolean(Bool)
    case null

    /// The value as text; nil when it is none.
    package var string: String? {
        switch self {
        case .text(let text): text
        case .bytes(let bytes?): String(decoding: bytes, as: UTF8.self)
        case .integer(let number): String(number)
        default: nil
        }
    }

    /// A member of a map, or of an array of names and values in turn (RESP2); nil when it is not there.
    package subscript(key: String) -> RedisValue? {
        switch self {
        case .map(let pairs): return pairs.first { $0.key.string == key }?.value
        case .array(let values?):
            for index in stride(from: 0, to: values.count - 1, by: 2)
            where values[index].string == key {
                return values[index + 1]
            }
            return nil
        default: return nil
        }
    }

    package static func == (left: RedisValue, right: RedisValue) -> Bool {
        switch (left, right) {
        case (.text(let left), .text(let right)): left == right
        case (.error(_, let left), .error(_, let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.bytes(let left), .bytes(let right)): left == right
        case (.array(let left), .array(let right)): left == right
        case (.map(let left), .map(let right)):
            left.count == right.count
                && zip(left, right).allSatisfy { $0.key == $1.key && $0.value == $1.value }
        case (.boolean(let left), .boolean(let right)): left == right
        case (.null, .null): true
        default: false
        }
    }
}
