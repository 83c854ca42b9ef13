// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Writes a JSON document (RFC 8259) from its beginning to its end.
package struct JSONWriter {
    /// The document as far as it is written.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// Nothing yet.
    package init() {}

    /// An object; with a key inside another one, without one in an array or as the document.
    package mutating func object(_ key: StaticString? = nil, _ body: (inout JSONWriter) -> Void) {
        begin(key)
        wrap("{", "}", body)
    }

    /// An object inside another one, under a key that is not known beforehand.
    package mutating func object(named key: String, _ body: (inout JSONWriter) -> Void) {
        begin(named: key)
        wrap("{", "}", body)
    }

    /// An array of objects.
    package mutating func array<Elements: Sequence>(
        _ key: StaticString, _ elements: Elements,
        _ body: (inout JSONWriter, Elements.Element) -> Void
    ) {
        begin(key)
        wrap("[", "]") { writer in
            for element in elements { writer.object { body(&$0, element) } }
        }
    }

    /// An array of objects, under a key that is not known beforehand.
    package mutating func array<Elements: Sequence>(
        named key: String, _ elements: Elements,
        _ body: (inout JSONWriter, Elements.Element) -> Void
    ) {
        begin(named: key)
        wrap("[", "]") { writer in
            for element in elements { writer.object { body(&$0, element) } }
        }
    }

    /// An array of texts.
    package mutating func array(_ key: StaticString, _ texts: [String]) {
        begin(key)
        wrap("[", "]") { writer in
            for text in texts {
                writer.begin(nil)
                writer.append(quoted: text)
            }
        }
    }

    /// A text; `null` for nil.
    package mutating func set(_ key: StaticString, _ value: String?) {
        begin(key)
        append(orNull: value)
    }

    /// A text, under a key that is not known beforehand.
    package mutating func set(named key: String, _ value: String) {
        begin(named: key)
        append(quoted: value)
    }

    /// A number; `null` for nil.
    package mutating func set(_ key: StaticString, _ value: (some BinaryInteger)?) {
        begin(key)
        if let value { bytes.append(contentsOf: String(value).utf8) } else { append("null") }
    }

    /// A number of thousandths, such as `1.5` for 1500.
    package mutating func set(_ key: StaticString, thousandths: Int64) {
        begin(key)
        let magnitude = thousandths.magnitude
        if thousandths < 0 { append("-") }
        bytes.append(contentsOf: String(magnitude / 1000).utf8)
        var digits = String(magnitude % 1000 + 1000).utf8.dropFirst()
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        if digits.isEmpty { return }
        append(".")
        bytes.append(contentsOf: digits)
    }

    /// True or false.
    package mutating func set(_ key: StaticString, _ value: Bool) {
        begin(key)
        append(value ? "true" : "false")
    }

    private mutating func wrap(
        _ open: StaticString, _ close: StaticString, _ body: (inout JSONWriter) -> Void
    ) {
        append(open)
        needsComma = false
        body(&self)
        append(close)
        needsComma = true
    }

    private mutating func begin(_ key: StaticString?) {
        if needsComma { append(",") }
        needsComma = true
        guard let key else { return }
        append("\"")
        append(key)
        append("\":")
    }

    private mutating func begin(named key: String) {
        begin(nil)
        append(quoted: key)
        append(":")
    }

    private mutating func append(orNull text: String?) {
        if let text { append(quoted: text) } else { append("null") }
    }

    private mutating func append(quoted text: String) {
        bytes.append(contentsOf: PrintableText.quoted(text, .json).utf8)
    }

    private mutating func append(_ constant: StaticString) {
        bytes.append(
            contentsOf: UnsafeBufferPointer(
                start: constant.utf8Start, count: constant.utf8CodeUnitCount))
    }
}
