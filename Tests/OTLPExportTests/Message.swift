// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire

/// A protobuf message by the numbers of its fields, read by code that shares nothing with the writer.
struct Message {
    enum Value: Equatable {
        case varint(UInt64)
        case fixed64(UInt64)
        case bytes([UInt8])
    }

    private(set) var fields: [(number: Int, value: Value)] = []

    init(_ bytes: [UInt8]) {
        var index = 0
        func varint() -> UInt64 {
            var (value, shift) = (UInt64(0), UInt64(0))
            while true {
                let byte = bytes[index]
                index += 1
                value |= UInt64(byte & 0x7f) << shift
                shift += 7
                if byte < 0x80 { return value }
            }
        }
        func take(_ count: Int) -> [UInt8] {
            index += count
            return Array(bytes[index - count..<index])
        }
        while index < bytes.count {
            let tag = varint()
            let number = Int(tag >> 3)
            switch tag & 7 {
            case 0: fields.append((number, .varint(varint())))
            case 1: fields.append((number, .fixed64(Self.number(take(8)))))
            default: fields.append((number, .bytes(take(Int(varint())))))
            }
        }
    }

    init(_ message: EncodedMessage) { self.init(Array(message.bytes.dropFirst(5))) }

    /// The only field of this number; nil when there is none, or several.
    subscript(number: Int) -> Value? {
        let found = fields.filter { $0.number == number }
        return found.count == 1 ? found[0].value : nil
    }

    func messages(_ number: Int) -> [Message] { all(number).map { Message($0) } }

    /// The message that is reached by these numbers, each of which occurs once.
    func message(_ path: Int...) -> Message? {
        path.reduce(self) { message, number in message?.messages(number).first }
    }

    func text(_ number: Int) -> String? {
        all(number).first.map { String(decoding: $0, as: UTF8.self) }
    }

    func double(_ number: Int) -> Double? {
        guard case .fixed64(let bits)? = self[number] else { return nil }
        return Double(bitPattern: bits)
    }

    func packed(_ number: Int) -> [UInt64] {
        let bytes = all(number).first ?? []
        return stride(from: 0, to: bytes.count, by: 8).map {
            Self.number(Array(bytes[$0..<$0 + 8]))
        }
    }

    /// `name=value` of each `KeyValue` in these fields.
    func attributes(_ number: Int) -> [String] {
        messages(number).map { "\($0.text(1) ?? "?")=\($0.message(2)?.text(1) ?? "?")" }
    }

    private func all(_ number: Int) -> [[UInt8]] {
        fields.compactMap {
            if $0.number == number, case .bytes(let bytes) = $0.value { bytes } else { nil }
        }
    }

    private static func number(_ bytes: [UInt8]) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
