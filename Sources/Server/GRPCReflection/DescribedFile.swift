// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import ProtobufWire

/// What a server has to know of a `google.protobuf.FileDescriptorProto`: its names, and what else to send with it.
struct DescribedFile {
    /// As other files import it.
    let name: String
    /// The files that it imports.
    let imports: [String]
    /// The whole names of what it defines.
    let symbols: [Symbol]
    /// The extensions that it defines, with the messages that they extend.
    let extensions: [(message: String, number: Int32)]
    /// The whole names of its services.
    let services: [String]
    /// The file itself.
    let bytes: [UInt8]

    /// One definition.
    struct Symbol {
        let name: String
        let isMessage: Bool
    }

    /// Reads a file, and leaves out the methods for which `isServed` is false, and services that are left with none: what
    /// is described can be called. Throws when the bytes are no descriptor.
    init(
        _ bytes: UnsafeRawBufferPointer, isServed: (_ service: String, _ method: String) -> Bool
    ) throws(DescriptorSetError) {
        do throws(Status) {
            var reader = DescriptorReader()
            self.bytes = try reader.readFile(bytes, isServed: isServed)
            (name, imports) = (reader.file, reader.imports)
            (symbols, extensions, services) = (reader.symbols, reader.extensions, reader.services)
        } catch {
            throw DescriptorSetError("a file of the set is no google.protobuf.FileDescriptorProto")
        }
    }
}

/// Reads one file: the field numbers are those of `google/protobuf/descriptor.proto`.
private struct DescriptorReader {
    var file = ""
    var imports: [String] = []
    var symbols: [DescribedFile.Symbol] = []
    var extensions: [(message: String, number: Int32)] = []
    var services: [String] = []
    private var package = ""

    /// Messages within messages, at the most: as deep as the readers of other languages go.
    private static let maxDepth = 100

    /// Returns the file as it is sent.
    mutating func readFile(
        _ bytes: UnsafeRawBufferPointer, isServed: (String, String) -> Bool
    ) throws(Status) -> [UInt8] {
        // The names within need it, and it may come behind them.
        package = try Self.text(2, of: bytes)
        var sent = FieldWriter()
        var reader = FieldReader(bytes, maxFields: bytes.count)
        while let field = try reader.next() {
            switch field.number {
            case 1: file = try Self.text(field)
            case 3: imports.append(try Self.text(field))
            case 4: try readMessage(try field.bytes(), in: package, depth: 0)
            case 5: try readEnumeration(try field.bytes(), in: package)
            case 6:
                if let service = try readService(try field.bytes(), isServed) {
                    sent.data(6, service)
                }
                continue
            case 7: try readExtension(try field.bytes(), in: package)
            default: break
            }
            sent.field(field)
        }
        return sent.bytes
    }

    private mutating func readMessage(
        _ bytes: UnsafeRawBufferPointer, in scope: String, depth: Int
    ) throws(Status) {
        guard depth < Self.maxDepth else { throw Status(.internal, "nested too deeply") }
        let name = Self.name(try Self.text(1, of: bytes), in: scope)
        symbols.append(DescribedFile.Symbol(name: name, isMessage: true))
        var reader = FieldReader(bytes, maxFields: bytes.count)
        while let field = try reader.next() {
            switch field.number {
            case 2, 8: try add(try field.bytes(), in: name)
            case 3: try readMessage(try field.bytes(), in: name, depth: depth + 1)
            case 4: try readEnumeration(try field.bytes(), in: name)
            case 6: try readExtension(try field.bytes(), in: name)
            default: break
            }
        }
    }

    /// The values of an enumeration have names beside it, not within it.
    private mutating func readEnumeration(
        _ bytes: UnsafeRawBufferPointer, in scope: String
    ) throws(Status) {
        try add(bytes, in: scope)
        var reader = FieldReader(bytes, maxFields: bytes.count)
        while let field = try reader.next() {
            if field.number == 2 { try add(try field.bytes(), in: scope) }
        }
    }

    private mutating func readExtension(
        _ bytes: UnsafeRawBufferPointer, in scope: String
    ) throws(Status) {
        try add(bytes, in: scope)
        var (message, number) = ("", Int32(0))
        var reader = FieldReader(bytes, maxFields: bytes.count)
        while let field = try reader.next() {
            switch field.number {
            case 2: message = try Self.text(field)
            case 3: number = try field.int32()
            default: break
            }
        }
        // A resolved name begins with a dot.
        extensions.append((message.hasPrefix(".") ? String(message.dropFirst()) : message, number))
    }

    /// Returns the service with what is served of it; nil when nothing is.
    private mutating func readService(
        _ bytes: UnsafeRawBufferPointer, _ isServed: (String, String) -> Bool
    ) throws(Status) -> [UInt8]? {
        let name = Self.name(try Self.text(1, of: bytes), in: package)
        var methods: [String] = []
        var sent = FieldWriter()
        var reader = FieldReader(bytes, maxFields: bytes.count)
        while let field = try reader.next() {
            if field.number == 2 {
                let method = try Self.text(1, of: try field.bytes())
                if !isServed(name, method) { continue }
                methods.append(Self.name(method, in: name))
            }
            sent.field(field)
        }
        if methods.isEmpty { return nil }
        services.append(name)
        symbols += ([name] + methods).map { DescribedFile.Symbol(name: $0, isMessage: false) }
        return sent.bytes
    }

    /// Adds something that has a name, and no names within it.
    private mutating func add(
        _ bytes: UnsafeRawBufferPointer, in scope: String
    ) throws(Status) {
        let name = Self.name(try Self.text(1, of: bytes), in: scope)
        symbols.append(DescribedFile.Symbol(name: name, isMessage: false))
    }

    private static func name(_ name: String, in scope: String) -> String {
        scope.isEmpty ? name : scope + "." + name
    }

    /// The text of a field of a message; empty when it has none.
    private static func text(
        _ number: UInt32, of bytes: UnsafeRawBufferPointer
    ) throws(Status) -> String {
        var text = ""
        var reader = FieldReader(bytes, maxFields: bytes.count)
        while let field = try reader.next() {
            if field.number == number { text = try Self.text(field) }
        }
        return text
    }

    private static func text(_ field: Field) throws(Status) -> String {
        String(decoding: try field.bytes(), as: UTF8.self)
    }
}
