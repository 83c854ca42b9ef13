// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import ProtobufWire

/// A `ServerReflectionRequest`: the same in both versions of the protocol.
struct ReflectionRequest {
    /// What is asked for.
    enum Question: Equatable {
        case file(named: String)
        case fileContaining(symbol: String)
        case fileExtending(message: String, number: Int32)
        case extensionNumbers(of: String)
        case services
    }

    /// What the client calls this server.
    var host: [UInt8] = []
    /// Nil when nothing is asked.
    var question: Question?

    /// Fields that a request may have: those of a later version of the protocol are skipped.
    private static let maxFields = 64

    /// Reads a request; the last question counts, as in every `oneof`. Throws INTERNAL when the bytes are none.
    init(decoding bytes: UnsafeRawBufferPointer) throws(Status) {
        var reader = FieldReader(bytes, maxFields: Self.maxFields)
        while let field = try reader.next() {
            switch field.number {
            case 1: host = Array(try field.bytes())
            case 3: question = .file(named: try Self.text(field))
            case 4: question = .fileContaining(symbol: try Self.text(field))
            case 5: question = try Self.extensionQuestion(try field.bytes())
            case 6: question = .extensionNumbers(of: try Self.text(field))
            case 7:
                _ = try field.bytes()
                question = .services
            default: break
            }
        }
    }

    private static func extensionQuestion(
        _ bytes: UnsafeRawBufferPointer
    ) throws(Status) -> Question {
        var (message, number) = ("", Int32(0))
        var reader = FieldReader(bytes, maxFields: maxFields)
        while let field = try reader.next() {
            switch field.number {
            case 1: message = try text(field)
            case 2: number = try field.int32()
            default: break
            }
        }
        return .fileExtending(message: message, number: number)
    }

    /// A string of proto3 is valid UTF-8.
    private static func text(_ field: Field) throws(Status) -> String {
        guard let text = String(validating: try field.bytes(), as: UTF8.self) else {
            throw Status(.internal, "a name in the request is not valid UTF-8")
        }
        return text
    }
}
