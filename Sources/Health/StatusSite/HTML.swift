// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// A piece of HTML, written as a literal: what is put into it with `\(...)` is escaped, unless it is HTML itself. So text
/// of users, such as the name of a model, can only ever be text.
struct HTML: ExpressibleByStringInterpolation, Sendable {
    /// The most bytes that one text may have; the rest is left out.
    static let textLimit = 512

    fileprivate(set) var bytes: [UInt8] = []

    /// Nothing.
    init() {}

    init(stringLiteral literal: StaticString) { bytes = Array(literal) }

    init(stringInterpolation interpolation: StringInterpolation) { bytes = interpolation.bytes }

    /// Appends a piece.
    static func += (left: inout HTML, right: HTML) { left.bytes += right.bytes }
}

extension HTML {
    /// Collects the parts of a literal.
    struct StringInterpolation: StringInterpolationProtocol {
        typealias StringLiteralType = StaticString

        fileprivate var bytes: [UInt8] = []

        init(literalCapacity: Int, interpolationCount: Int) {
            bytes.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        mutating func appendLiteral(_ literal: StaticString) { bytes += Array(literal) }

        mutating func appendInterpolation(_ html: HTML) { bytes += html.bytes }

        /// HTML that is written elsewhere.
        mutating func appendInterpolation(literal: StaticString) { bytes += Array(literal) }

        mutating func appendInterpolation(_ number: some BinaryInteger) {
            bytes += "\(number)".utf8
        }

        mutating func appendInterpolation(_ text: String) {
            for byte in PrintableText.escaped(text, limit: HTML.textLimit).utf8 {
                switch byte {
                case UInt8(ascii: "&"): bytes += "&amp;".utf8
                case UInt8(ascii: "<"): bytes += "&lt;".utf8
                case UInt8(ascii: ">"): bytes += "&gt;".utf8
                case UInt8(ascii: "\""): bytes += "&quot;".utf8
                case UInt8(ascii: "'"): bytes += "&#39;".utf8
                default: bytes.append(byte)
                }
            }
        }
    }
}

extension [UInt8] {
    /// The bytes of a literal.
    init(_ literal: StaticString) {
        self.init(UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }
}
