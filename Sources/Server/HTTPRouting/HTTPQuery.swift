// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// The parameters of a request's query, decoded as those of a form: `verbose&exclude=a%2Fb&exclude=c+d`.
package struct HTTPQuery: Sendable {
    /// In their order; a parameter without `=` has an empty value.
    package let parameters: [(name: String, value: String)]

    /// At most so many are read: more are no query for a page.
    private static let limit = 64

    /// The parameters of a query as it was sent; none of nil.
    package init(_ query: String?) {
        guard let query else {
            parameters = []
            return
        }
        parameters = query.utf8.split(separator: UInt8(ascii: "&")).prefix(Self.limit).map { item in
            let end = item.firstIndex(of: UInt8(ascii: "=")) ?? item.endIndex
            return (
                Self.decode(item[..<end], plusIsSpace: true),
                Self.decode(item[end...].dropFirst(), plusIsSpace: true)
            )
        }
    }

    /// Whether there is a parameter of this name, whatever its value.
    package func contains(_ name: String) -> Bool { parameters.contains { $0.name == name } }

    /// The value of the first parameter of this name; nil when there is none.
    package func first(_ name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// The values of all parameters of this name.
    package func all(_ name: String) -> [String] {
        parameters.filter { $0.name == name }.map(\.value)
    }

    /// A segment of a path, decoded. What is no valid escape stays as it is, and what is not UTF-8 is repaired.
    package static func decodePath(_ path: some StringProtocol) -> String {
        decode(path.utf8, plusIsSpace: false)
    }

    private static func decode(_ text: some Sequence<UInt8>, plusIsSpace: Bool) -> String {
        String(
            decoding: PercentDecoding.lenient(Array(text), plusIsSpace: plusIsSpace),
            as: UTF8.self)
    }
}
