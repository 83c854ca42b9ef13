// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import ProtobufWire

@testable import GRPCReflection

/// Writes descriptors by hand: messages by the field numbers of `google/protobuf/descriptor.proto`.
enum Descriptors {
    /// A message with what is in it.
    struct Message: Sendable {
        var name: String
        var fields: [String] = []
        var messages: [Message] = []
        var enumerations: [(name: String, values: [String])] = []
        var oneofs: [String] = []
        /// Extensions that are defined within the message.
        var extensions: [(name: String, message: String, number: Int)] = []
    }

    /// A file with what is in it.
    struct File: Sendable {
        var name: String
        var package = ""
        var imports: [String] = []
        var messages: [Message] = []
        var enumerations: [(name: String, values: [String])] = []
        var services: [(name: String, methods: [String])] = []
        var extensions: [(name: String, message: String, number: Int)] = []

        /// As protoc writes it.
        var bytes: [UInt8] {
            var file = FieldWriter()
            file.text(1, name)
            if !package.isEmpty { file.text(2, package) }
            for name in imports { file.text(3, name) }
            for message in messages { file.message(4) { Descriptors.write(message, to: &$0) } }
            for item in enumerations { file.message(5) { Descriptors.write(item, to: &$0) } }
            for service in services {
                file.message(6) {
                    $0.text(1, service.name)
                    for name in service.methods { $0.message(2) { $0.text(1, name) } }
                }
            }
            for item in extensions { file.message(7) { Descriptors.write(item, to: &$0) } }
            file.text(12, "proto3")
            return file.bytes
        }
    }

    /// A set of these files.
    static func set(_ files: File...) -> [UInt8] {
        var set = FieldWriter()
        for file in files { set.data(1, file.bytes) }
        return set.bytes
    }

    private static func write(_ message: Message, to writer: inout FieldWriter) {
        writer.text(1, message.name)
        for name in message.fields { writer.message(2) { $0.text(1, name) } }
        for message in message.messages {
            writer.message(3) { Self.write(message, to: &$0) }
        }
        for item in message.enumerations { writer.message(4) { Self.write(item, to: &$0) } }
        for item in message.extensions { writer.message(6) { Self.write(item, to: &$0) } }
        for name in message.oneofs { writer.message(8) { $0.text(1, name) } }
    }

    private static func write(
        _ item: (name: String, values: [String]), to writer: inout FieldWriter
    ) {
        writer.text(1, item.name)
        for name in item.values { writer.message(2) { $0.text(1, name) } }
    }

    private static func write(
        _ item: (name: String, message: String, number: Int), to writer: inout FieldWriter
    ) {
        writer.text(1, item.name)
        writer.text(2, "." + item.message)
        writer.int64(3, Int64(item.number))
    }
}

/// What a `ServerReflectionResponse` says.
struct Answer: Equatable {
    var host = ""
    var request: [UInt8] = []
    var files: [[UInt8]] = []
    var extended: String?
    var numbers: [Int] = []
    var services: [String] = []
    var code: Int32?
    var text = ""

    /// The names of the files.
    var names: [String] { files.map { (try? Self.texts(1, in: $0))?.first ?? "" } }

    init(_ message: EncodedMessage) throws {
        let payload = Array(message.bytes.dropFirst(EncodedMessage.prefixSize))
        for (number, bytes) in try Self.fields(of: payload) {
            switch number {
            case 1: host = String(decoding: bytes, as: UTF8.self)
            case 2: request = bytes
            case 4: files = try Self.fields(of: bytes).map(\.bytes)
            case 5:
                extended = try Self.texts(1, in: bytes).first
                numbers =
                    try Self.fields(of: bytes).last { $0.number == 2 }?.bytes.map(Int.init) ?? []
            case 6:
                services = try Self.fields(of: bytes).map { try Self.texts(1, in: $0.bytes)[0] }
            case 7: (code, text) = try Self.failure(bytes)
            default: break
            }
        }
    }

    /// The fields of a message that have bytes.
    private static func fields(of bytes: [UInt8]) throws -> [(number: UInt32, bytes: [UInt8])] {
        try bytes.withUnsafeBytes { bytes in
            var fields: [(number: UInt32, bytes: [UInt8])] = []
            var reader = FieldReader(bytes, maxFields: bytes.count)
            while let field = try reader.next() {
                fields.append((field.number, Array(try field.bytes())))
            }
            return fields
        }
    }

    private static func texts(_ number: UInt32, in bytes: [UInt8]) throws -> [String] {
        try fields(of: bytes).filter { $0.number == number }
            .map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    private static func failure(_ bytes: [UInt8]) throws -> (Int32?, String) {
        try bytes.withUnsafeBytes { bytes in
            var (code, text) = (Int32?.none, "")
            var reader = FieldReader(bytes, maxFields: 2)
            while let field = try reader.next() {
                if field.number == 1 { code = try field.int32() }
                if field.number == 2 { text = String(decoding: try field.bytes(), as: UTF8.self) }
            }
            return (code, text)
        }
    }
}
