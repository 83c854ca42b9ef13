// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A message of a PostgreSQL server (protocol 3.0).
package enum PostgresMessage: Equatable, Sendable {
    /// The connection is let in.
    case authenticated
    /// It wants the password as it is.
    case wantsPassword
    /// It wants a digest of the password with these four bytes.
    case wantsMD5(salt: [UInt8])
    /// It wants SASL, by one of these mechanisms.
    case wantsSASL(mechanisms: [String])
    /// SASL goes on, or has ended.
    case sasl([UInt8], isFinal: Bool)
    /// Another way to authenticate, by its number: Kerberos and the like.
    case wantsOther(Int32)
    /// An error; its code of five characters, and its text.
    case error(code: String, text: String)
    /// A value of the server's configuration.
    case parameter(name: String, value: String)
    /// A row of an answer; its first value as text, nil for NULL or no columns.
    case row(first: String?)
    /// A query is done, or was empty.
    case completed
    /// It waits for a query.
    case ready
    /// Something that a check does not need.
    case other(UInt8)
}

/// Reads the messages of a server from the bytes of its connection. Pure; each message is bounded.
package struct PostgresReader {
    /// Bytes of one message.
    package static let maxSize = 64 << 10

    private var bytes: [UInt8] = []
    private var start = 0

    /// A reader that has seen nothing.
    package init() {}

    /// Takes bytes.
    package mutating func receive(_ new: UnsafeRawBufferPointer) {
        if start > 0 {
            bytes.removeSubrange(..<start)
            start = 0
        }
        bytes.append(contentsOf: new)
    }

    /// Takes one byte: the answer to ``PostgresRequest/tls``, which is no message.
    package mutating func nextByte() -> UInt8? {
        guard start < bytes.count else { return nil }
        start += 1
        return bytes[start - 1]
    }

    /// Bytes that were not taken.
    package var pendingCount: Int { bytes.count - start }

    /// Takes the next whole message; nil until it has come.
    package mutating func next() throws(PostgresFault) -> PostgresMessage? {
        let rest = bytes[start...]
        guard let kind = rest.first else { return nil }
        // Of anything else the next four bytes are no length.
        guard "RESZTDCINKAvn123tGHWdcsV".utf8.contains(kind) else { throw .notPostgres }
        guard rest.count >= 5 else { return nil }
        let size = Int(rest.dropFirst().prefix(4).bigEndian)
        guard size >= 4, size <= Self.maxSize else { throw .malformed }
        guard rest.count > size else { return nil }
        start += size + 1
        return try Self.message(kind, Array(rest.dropFirst(5).prefix(size - 4)))
    }

    private static func message(
        _ kind: UInt8, _ payload: [UInt8]
    ) throws(PostgresFault) -> PostgresMessage {
        switch kind {
        case UInt8(ascii: "R"): return try authentication(payload)
        case UInt8(ascii: "E"): return error(payload)
        case UInt8(ascii: "S"):
            let texts = payload.texts
            guard texts.count >= 2 else { throw .malformed }
            return .parameter(name: texts[0], value: texts[1])
        case UInt8(ascii: "D"): return try row(payload)
        case UInt8(ascii: "C"), UInt8(ascii: "I"): return .completed
        case UInt8(ascii: "Z"): return .ready
        default: return .other(kind)
        }
    }

    private static func authentication(_ payload: [UInt8]) throws(PostgresFault) -> PostgresMessage
    {
        guard payload.count >= 4 else { throw .malformed }
        let rest = Array(payload[4...])
        switch Int32(bitPattern: payload[..<4].bigEndian) {
        case 0: return .authenticated
        case 3: return .wantsPassword
        case 5:
            guard rest.count == 4 else { throw .malformed }
            return .wantsMD5(salt: rest)
        case 10: return .wantsSASL(mechanisms: rest.texts.filter { !$0.isEmpty })
        case 11: return .sasl(rest, isFinal: false)
        case 12: return .sasl(rest, isFinal: true)
        case let other: return .wantsOther(other)
        }
    }

    /// Fields: a letter each, and a text that ends with a zero.
    private static func error(_ payload: [UInt8]) -> PostgresMessage {
        var (code, text) = ("", "")
        for field in payload.split(separator: 0) {
            let value = String(decoding: field.dropFirst(), as: UTF8.self)
            switch field.first {
            case UInt8(ascii: "C"): code = value
            case UInt8(ascii: "M"): text = value
            default: break
            }
        }
        return .error(code: code, text: text)
    }

    private static func row(_ payload: [UInt8]) throws(PostgresFault) -> PostgresMessage {
        guard payload.count >= 2 else { throw .malformed }
        let columns = Int(payload[0]) << 8 | Int(payload[1])
        if columns == 0 { return .row(first: nil) }
        guard payload.count >= 6 else { throw .malformed }
        let size = Int32(bitPattern: payload[2..<6].bigEndian)
        if size == -1 { return .row(first: nil) }
        guard size >= 0, payload.count >= 6 + Int(size) else { throw .malformed }
        return .row(first: String(decoding: payload[6..<(6 + Int(size))], as: UTF8.self))
    }
}

/// Why bytes are no message of PostgreSQL.
package enum PostgresFault: Error, Equatable {
    /// A message begins with a byte that is no type.
    case notPostgres
    /// A length or a field is malformed.
    case malformed

    /// What is wrong.
    package var text: String {
        switch self {
        case .notPostgres: "it does not speak PostgreSQL's protocol"
        case .malformed: "its message is malformed"
        }
    }
}

extension Collection<UInt8> {
    /// Four bytes as a number.
    fileprivate var bigEndian: UInt32 { reduce(0) { $0 << 8 | UInt32($1) } }
}

extension [UInt8] {
    /// Texts that each end with a zero.
    fileprivate var texts: [String] {
        split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}
