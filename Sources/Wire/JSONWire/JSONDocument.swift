// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CJansson

/// A parsed JSON text (C: jansson's `json_t` and its reference count).
package struct JSONDocument: ~Copyable {
    /// How strictly a text is read.
    package struct Options: OptionSet, Sendable {
        package let rawValue: Int32

        package init(rawValue: Int32) { self.rawValue = rawValue }

        /// Readers differ about which of two members of one name counts: such an object is no JSON.
        package static let rejectDuplicates = Options(rawValue: JSON_REJECT_DUPLICATES)
    }

    private let root: UnsafeMutablePointer<json_t>

    /// Nil when the bytes are not a JSON object or array. The caller limits their number; jansson limits the depth
    /// (JSON_PARSER_MAX_DEPTH, 2048).
    package init?(_ bytes: UnsafeRawBufferPointer, _ options: Options = []) {
        var error = json_error_t()
        let flags = Int(JSON_ALLOW_NUL | options.rawValue)
        let text = bytes.assumingMemoryBound(to: CChar.self).baseAddress
        guard let text, let root = json_loadb(text, bytes.count, flags, &error)
        else { return nil }
        self.root = root
    }

    deinit { json_decref(root) }

    /// Lends the outermost value.
    package func withRoot<Result, Failure: Error>(
        _ body: (JSONValue) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(JSONValue(root))
    }
}

extension JSONDocument {
    private static var maxDepth: Int { 32 }

    /// Whether a text is within the limits of values and levels; it may still be invalid. To be asked before it is parsed:
    /// jansson needs about 60 bytes for each value, which may have two bytes in the text, and stack for each level.
    package static func fits(_ bytes: UnsafeRawBufferPointer, maxValues: Int) -> Bool {
        var (values, depth, deepest) = (1, 0, 0)
        var (isInString, isEscaped) = (false, false)
        for byte in bytes {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: ","): values += 1
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                values += 1
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
        return values <= maxValues && deepest <= maxDepth
    }
}

/// A value in a document, or none; a member of none is none. Valid as long as the document.
package struct JSONValue {
    private let value: UnsafeMutablePointer<json_t>?

    fileprivate init(_ value: UnsafeMutablePointer<json_t>?) { self.value = value }

    /// Nothing, or `null`.
    package var isNothing: Bool { value == nil || value?.pointee.type == JSON_NULL }

    /// A member of an object.
    package subscript(key: String) -> JSONValue { JSONValue(json_object_get(value, key)) }

    /// An element of an array.
    package subscript(index: Int) -> JSONValue { JSONValue(json_array_get(value, index)) }

    /// The members of an object with their names, in no order; none for anything else.
    package var members: [(name: String, value: JSONValue)] {
        var members: [(name: String, value: JSONValue)] = []
        var place = json_object_iter(value)
        while let current = place {
            if let name = json_object_iter_key(current) {
                members.append(
                    (String(cString: name), JSONValue(json_object_iter_value(current))))
            }
            place = json_object_iter_next(value, current)
        }
        return members
    }

    /// The elements of an array; 0 for anything else.
    package var count: Int { json_array_size(value) }

    /// `null`.
    package var isNull: Bool { value?.pointee.type == JSON_NULL }

    /// `true` or `false`; nil for anything else.
    package var isTrue: Bool? {
        switch value?.pointee.type {
        case JSON_TRUE: true
        case JSON_FALSE: false
        default: nil
        }
    }

    /// An object.
    package var isObject: Bool { value?.pointee.type == JSON_OBJECT }

    package var isArray: Bool { value?.pointee.type == JSON_ARRAY }

    package var string: String? {
        guard let text = json_string_value(value) else { return nil }
        let bytes = UnsafeRawBufferPointer(start: text, count: json_string_length(value))
        return String(decoding: bytes, as: UTF8.self)
    }

    package var integer: Int? {
        value?.pointee.type == JSON_INTEGER ? Int(json_integer_value(value)) : nil
    }

    /// A number, whole or not.
    package var number: Double? {
        guard let type = value?.pointee.type, type == JSON_INTEGER || type == JSON_REAL else {
            return nil
        }
        return json_number_value(value)
    }
}
