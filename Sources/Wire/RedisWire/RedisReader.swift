// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Reads replies of Redis from the bytes of a connection (RESP2 and RESP3). Pure.
///
/// Everything is bounded: the bytes of a reply, its values, and its levels.
package struct RedisReader {
    /// Bytes of one reply.
    package static let maxSize = 64 << 10
    /// Values within each other.
    static let maxDepth = 8
    /// Attributes and pushes before a reply.
    static let maxSkipped = 100
    /// Values of one reply.
    static let maxValues = 2_000
    /// Pieces in which one reply may come: each has it read from its start.
    static let maxPieces = 5_000

    private let sizeLimit: Int
    private let keepsPushes: Bool
    private var bytes: [UInt8] = []
    private var start = 0
    /// Attributes and pushes since the latest reply.
    private var skipped = 0
    /// Pieces of the reply that has begun.
    private var pieces = 0

    /// A reader that has seen nothing. `sizeLimit` is for the bytes of one reply. One that `keepsPushes` returns them as arrays, as
    /// RESP2 has them: for a connection that subscribes, and asks for nothing else.
    package init(sizeLimit: Int = Self.maxSize, keepsPushes: Bool = false) {
        self.sizeLimit = sizeLimit
        self.keepsPushes = keepsPushes
    }

    /// Bytes that belong to no whole reply yet.
    package var pendingCount: Int { bytes.count - start }

    /// Takes bytes.
    package mutating func receive(_ new: UnsafeRawBufferPointer) {
        if start > 0 {
            bytes.removeSubrange(..<start)
            start = 0
        }
        bytes.append(contentsOf: new)
    }

    /// Takes the next whole reply; nil until it has come. Attributes and pushes are left out: they answer no question.
    package mutating func next() throws(RedisFault) -> RedisValue? {
        while true {
            var cursor = Cursor(bytes: bytes, position: start, sizeLimit: sizeLimit)
            guard let (value, kind) = try cursor.value(depth: 0) else {
                if pendingCount > 0 { pieces += 1 }
                if pendingCount > sizeLimit || pieces > Self.maxPieces { throw .tooLarge }
                return nil
            }
            pieces = 0
            start = cursor.position
            if kind == UInt8(ascii: "|") || (kind == UInt8(ascii: ">") && !keepsPushes) {
                skipped += 1
                if skipped > Self.maxSkipped { throw .tooLarge }
                continue
            }
            skipped = 0
            return value
        }
    }
}

/// Why bytes are no reply of Redis.
package enum RedisFault: Error, Equatable {
    /// It begins with a byte that is no type.
    case notRedis
    /// A number, a length or an end of line is malformed.
    case malformed
    /// It is larger, or has more values, than a reply may.
    case tooLarge
    /// It has more levels than a reply may.
    case tooDeep

    /// What is wrong.
    package var text: String {
        switch self {
        case .notRedis: "it does not speak Redis's protocol"
        case .malformed: "its reply is malformed"
        case .tooLarge: "its reply is too large"
        case .tooDeep: "its reply has too many levels"
        }
    }
}

/// Walks over one reply. Nil from its methods: the rest has not come.
private struct Cursor {
    let bytes: [UInt8]
    var position: Int
    private let sizeLimit: Int
    private var values = 0

    init(bytes: [UInt8], position: Int, sizeLimit: Int) {
        self.bytes = bytes
        self.position = position
        self.sizeLimit = sizeLimit
    }

    mutating func value(depth: Int) throws(RedisFault) -> (RedisValue, kind: UInt8)? {
        guard position < bytes.count else { return nil }
        guard depth <= RedisReader.maxDepth else { throw .tooDeep }
        values += 1
        guard values <= RedisReader.maxValues else { throw .tooLarge }
        let kind = bytes[position]
        guard "+-:$*_#,(!=%~>|".utf8.contains(kind) else { throw .notRedis }
        guard let line = try line() else { return nil }
        guard let value = try value(kind, line, depth) else { return nil }
        return (value, kind)
    }

    private mutating func value(
        _ kind: UInt8, _ line: ArraySlice<UInt8>, _ depth: Int
    ) throws(RedisFault) -> RedisValue? {
        let text = String(decoding: line, as: UTF8.self)
        switch kind {
        case UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: "("): return .text(text)
        case UInt8(ascii: "-"): return .error(text)
        case UInt8(ascii: ":"): return .integer(try Self.number(line))
        case UInt8(ascii: "_"): return .null
        case UInt8(ascii: "#"): return .boolean(text == "t")
        case UInt8(ascii: "$"), UInt8(ascii: "!"), UInt8(ascii: "="):
            return try bulk(kind, Self.number(line))
        case UInt8(ascii: "%"), UInt8(ascii: "|"): return try map(Self.count(line), depth)
        default: return try array(Self.number(line), depth)
        }
    }

    private mutating func bulk(_ kind: UInt8, _ count: Int64) throws(RedisFault) -> RedisValue? {
        if count == -1 { return .bytes(nil) }
        guard count >= 0 else { throw .malformed }
        guard count <= Int64(sizeLimit) else { throw .tooLarge }
        let end = position + Int(count)
        guard bytes.count >= end + 2 else { return nil }
        guard bytes[end] == 0x0d, bytes[end + 1] == 0x0a else { throw .malformed }
        let content = Array(bytes[position..<end])
        position = end + 2
        switch kind {
        case UInt8(ascii: "!"): return .error(String(decoding: content, as: UTF8.self))
        // Three letters of a format, and a colon.
        case UInt8(ascii: "="): return .text(String(decoding: content.dropFirst(4), as: UTF8.self))
        default: return .bytes(content)
        }
    }

    private mutating func array(_ count: Int64, _ depth: Int) throws(RedisFault) -> RedisValue? {
        if count == -1 { return .array(nil) }
        guard count >= 0 else { throw .malformed }
        guard count <= Int64(RedisReader.maxValues) else { throw .tooLarge }
        var elements: [RedisValue] = []
        for _ in 0..<count {
            guard let (element, _) = try value(depth: depth + 1) else { return nil }
            elements.append(element)
        }
        return .array(elements)
    }

    private mutating func map(_ count: Int, _ depth: Int) throws(RedisFault) -> RedisValue? {
        var pairs: [(key: RedisValue, value: RedisValue)] = []
        for _ in 0..<count {
            guard let (key, _) = try value(depth: depth + 1) else { return nil }
            guard let (value, _) = try value(depth: depth + 1) else { return nil }
            pairs.append((key, value))
        }
        return .map(pairs)
    }

    /// The rest of the line behind its first byte.
    private mutating func line() throws(RedisFault) -> ArraySlice<UInt8>? {
        let rest = bytes[(position + 1)...]
        guard let end = rest.firstIndex(of: 0x0d) else {
            if rest.count > 4096 { throw .malformed }
            return nil
        }
        guard end + 1 < bytes.count else { return nil }
        guard bytes[end + 1] == 0x0a else { throw .malformed }
        position = end + 2
        return rest[..<end]
    }

    private static func number(_ text: ArraySlice<UInt8>) throws(RedisFault) -> Int64 {
        guard let number = Int64(String(decoding: text, as: UTF8.self)) else { throw .malformed }
        return number
    }

    private static func count(_ text: ArraySlice<UInt8>) throws(RedisFault) -> Int {
        let count = try number(text)
        guard count >= 0 else { throw .malformed }
        guard count <= Int64(RedisReader.maxValues) else { throw .tooLarge }
        return Int(count)
    }
}

extension RedisValue {
    /// Bytes of a code: the longest one of Redis has 13.
    private static let maxCode = 32
    /// Bytes that are kept of an error: one of RESP3 may be as long as a reply.
    private static let maxErrorText = 1024

    fileprivate static func error(_ text: String) -> RedisValue {
        let code = text.utf8.prefix(maxCode).prefix { $0 != UInt8(ascii: " ") }
        let kept = text.utf8.prefix(maxErrorText)
        return .error(
            code: String(decoding: code, as: UTF8.self), text: String(decoding: kept, as: UTF8.self)
        )
    }
}
