// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CJansson

/// A JSON object that is being written (C: jansson's `json_t`).
package struct JSONObject: ~Copyable {
    // Nil when memory was exhausted; then nothing here has an effect (C: jansson accepts NULL).
    private let object: UnsafeMutablePointer<json_t>?

    package init() { object = json_object() }

    deinit { json_decref(object) }

    package mutating func set(_ key: String, _ value: String) { set(key, Self.string(value)) }

    package mutating func set(_ key: String, _ value: Int) {
        set(key, json_integer(json_int_t(value)))
    }

    package mutating func set(_ key: String, _ value: Float) { set(key, json_real(Double(value))) }

    package mutating func set(_ key: String, _ value: Bool) {
        set(key, value ? json_true() : json_false())
    }

    package mutating func set(_ key: String, _ values: [String]) {
        let array = json_array()
        for value in values { json_array_append_new(array, Self.string(value)) }
        set(key, array)
    }

    /// An array with this object alone.
    package mutating func set(_ key: String, arrayOf value: borrowing JSONObject) {
        let array = json_array()
        json_array_append_new(array, json_incref(value.object))
        set(key, array)
    }

    package mutating func set(_ key: String, _ value: borrowing JSONObject) {
        set(key, json_incref(value.object))
    }

    /// The object's text in UTF-8; empty when memory was exhausted.
    package var encoded: [UInt8] {
        // JSON_REAL_PRECISION(7), a macro: the digits of a Float.
        let precision = 7 << 11
        guard let text = json_dumps(object, Int(JSON_COMPACT) | precision) else { return [] }
        defer { free(text) }
        return Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }

    private func set(_ key: String, _ value: UnsafeMutablePointer<json_t>?) {
        json_object_set_new(object, key, value)
    }

    private static func string(_ text: String) -> UnsafeMutablePointer<json_t>? {
        var text = text
        return text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { json_stringn($0.baseAddress, $0.count) }
        }
    }
}
