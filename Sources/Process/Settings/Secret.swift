// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// Something that must not be seen, such as a key: where it is, or what it is. Nothing that prints values prints it.
package struct Secret: Equatable, Sendable {
    private enum Source: Equatable {
        case none
        case file(String)
        case value(String)
    }

    private let source: Source

    /// No secret.
    package static let none = Secret(source: .none)

    /// The secret is what `path` holds.
    package static func file(_ path: String) -> Secret { Secret(source: .file(path)) }

    /// The secret itself.
    package static func value(_ text: String) -> Secret { Secret(source: .value(text)) }

    /// Whether there is a secret at all.
    package var isSet: Bool { source != .none }

    /// The file's name, when that is where it is.
    package var path: String? {
        if case .file(let path) = source { path } else { nil }
    }

    /// The secret, read anew from its file; spaces and ends of line around it are not part of it. Nil for none.
    package func read() throws(SystemCallError) -> String? {
        switch source {
        case .none: return nil
        case .value(let text): return Self.trimmed(Array(text.utf8)[...])
        case .file(let path):
            let bytes = try FileDescriptor.open(path).readAll(limit: Self.maxSize)
            return Self.trimmed(bytes[...])
        }
    }

    private static let maxSize = 64 << 10

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
        var rest = bytes
        while let last = rest.last, last <= UInt8(ascii: " ") { rest.removeLast() }
        return String(decoding: rest.drop { $0 <= UInt8(ascii: " ") }, as: UTF8.self)
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { isSet ? "(a secret)" : "(no secret)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
