// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

extension UInt8 {
    /// `tchar`: what names and methods are made of (RFC 9110, 5.6.2).
    var isTokenByte: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// What a URI's path, query or authority is made of (RFC 3986, 2).
    var isURIByte: Bool {
        switch self {
        case UInt8(ascii: "\""), UInt8(ascii: "#"), UInt8(ascii: "<"), UInt8(ascii: ">"),
            UInt8(ascii: "\\"), UInt8(ascii: "^"), UInt8(ascii: "`"),
            UInt8(ascii: "{")...UInt8(ascii: "}"):
            false
        default: self > 0x20 && self < 0x7f
        }
    }

    /// Neither printable nor a tab; nothing of HTTP's text.
    var isControl: Bool { self < 0x20 && self != 0x09 || self == 0x7f }
}

extension ArraySlice<UInt8> {
    func isEqual(to constant: StaticString) -> Bool {
        count == constant.utf8CodeUnitCount && starts(with: constant)
    }

    func isEqualIgnoringCase(to constant: StaticString) -> Bool {
        guard count == constant.utf8CodeUnitCount else { return false }
        return zip(self, constant.bytes).allSatisfy { $0.lowercased == $1.lowercased }
    }

    func starts(with constant: StaticString) -> Bool { starts(with: constant.bytes) }

    /// Without blanks at both ends.
    var trimmed: ArraySlice<UInt8> {
        var rest = self
        while let first = rest.first, first.isBlank { rest.removeFirst() }
        while let last = rest.last, last.isBlank { rest.removeLast() }
        return rest
    }

    var text: String { String(decoding: self, as: UTF8.self) }
}

extension StaticString {
    var bytes: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}

extension [UInt8] {
    mutating func append(_ constant: StaticString) { append(contentsOf: constant.bytes) }

    mutating func append(number: Int) { append(contentsOf: String(number).utf8) }
}
