// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing
import Text

@Suite("One text in every notation")
struct TextNotationTests {
    static let text = "a\"\\\n\r\u{7}\u{b}\u{1b}\u{85}\u{2028}ü\u{1f600}\u{e0001}"

    @Test(
        "Each notation has its own escapes",
        arguments: [
            (.go, #""a\"\\\n\r\a\v\x1b\u0085\u2028ü😀\U000e0001""#),
            (.json, #""a\"\\\n\r\u0007\u000b\u001b\u0085\u2028ü😀"# + "\u{e0001}\""),
            (.yaml, #""a\"\\\n\r\a\v\x1b\x85\u2028\xfc\U0001f600\U000e0001""#),
        ] as [(TextNotation, String)])
    func quoted(_ notation: TextNotation, _ expected: String) {
        #expect(PrintableText.quoted(Self.text, notation) == expected)
    }

    @Test("Without quotes, quotes and backslashes are plain")
    func unquoted() {
        #expect(PrintableText.escaped("a\"\\\n", limit: 100) == #"a"\\n"#)
    }

    @Test("A hexadecimal digit is one of 0 to 9, a to f and A to F")
    func hexDigits() {
        let digits = (UInt8.min ... .max).filter { $0.hexDigit != nil }
        #expect(digits == Array("0123456789ABCDEFabcdef".utf8))
        #expect(
            "0123456789ABCDEFabcdef".utf8.compactMap(\.hexDigit) == Array(0...15) + Array(10...15))
    }
}
