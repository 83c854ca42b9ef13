// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// The custom fields of one side of a call, in their order (gRPC, PROTOCOL-HTTP2.md, "Custom-Metadata").
///
/// Names that end in `-bin` have any bytes as their values; all others have text of printable ASCII.
public struct Metadata: Equatable, Sendable {
    /// One field: a `-bin` value as it was before base64, any other as it is on the wire.
    public struct Entry: Equatable, Sendable {
        public let name: String
        public let value: [UInt8]
    }

    /// All fields.
    public private(set) var entries: [Entry] = []

    /// No fields.
    public init() {}

    /// There are none.
    public var isEmpty: Bool { entries.isEmpty }

    /// The values of this name, as text.
    public func texts(of name: String) -> [String] {
        bytes(of: name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The values of this name.
    public func bytes(of name: String) -> [[UInt8]] {
        entries.filter { $0.name == name }.map { $0.value }
    }

    /// Adds a text. Throws INTERNAL when name or value may not go over the wire.
    public mutating func add(_ name: String, _ text: String) throws(Status) {
        let value = Array(text.utf8)
        try MetadataRules.check(name: name, isBinary: false)
        try MetadataRules.check(text: value, of: name)
        append(name, value)
    }

    /// Adds bytes; the name must end in `-bin`. Throws INTERNAL when it may not go over the wire.
    public mutating func add(_ name: String, bytes: [UInt8]) throws(Status) {
        try MetadataRules.check(name: name, isBinary: true)
        append(name, bytes)
    }

    mutating func append(_ name: String, _ value: [UInt8]) {
        entries.append(Entry(name: name, value: value))
    }

    /// As header fields.
    package var fields: [(name: String, value: String)] {
        entries.map { entry in
            let isBinary = MetadataRules.isBinary(Array(entry.name.utf8)[...])
            return (
                name: entry.name,
                value: isBinary
                    ? Base64.encode(entry.value) : String(decoding: entry.value, as: UTF8.self)
            )
        }
    }
}
