// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Text

@Suite struct PrintableTextTests {
    @Test(
        "Quoting is Go's %q",
        arguments: [
            ("", #""""#), ("abc", #""abc""#), ("a\"b", #""a\"b""#), ("a\\b", #""a\\b""#),
            ("\u{7}\u{8}\u{c}\n\r\t\u{b}", #""\a\b\f\n\r\t\v""#), ("\u{0}", #""\x00""#),
            ("\u{1b}[31m", #""\x1b[31m""#), ("\u{7f}", #""\x7f""#), ("\u{85}", #""\u0085""#),
            ("\u{a0}", #""\u00a0""#), ("\u{202e}", #""\u202e""#), ("\u{feff}", #""\ufeff""#),
            ("é世☺🎉", #""é世☺🎉""#), ("e\u{301}", "\"e\u{301}\""), ("\u{fffd}", "\"\u{fffd}\""),
            ("\u{e0001}", #""\U000e0001""#), ("'", #""'""#), ("\r\n", #""\r\n""#),
        ])
    func quoted(_ text: String, _ expected: String) {
        #expect(Array(PrintableText.quoted(text).unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test(
        "Bytes that are not UTF-8 are shown one by one",
        arguments: [
            ([0xff], #""\xff""#), ([0x61, 0xc3], #""a\xc3""#),
            ([0xe2, 0x82, 0x41], #""\xe2\x82A""#),
            ([0xed, 0xa0, 0x80], #""\xed\xa0\x80""#), ([0xc0, 0x80], #""\xc0\x80""#),
            ([0xc3, 0xa9, 0x80, 0xc3, 0xa9], #""é\x80é""#),
            ([0xf4, 0x90, 0x80, 0x80], #""\xf4\x90\x80\x80""#),
        ] as [([UInt8], String)])
    func invalidUTF8(_ bytes: [UInt8], _ expected: String) {
        #expect(PrintableText.quoted(utf8: bytes) == expected)
    }

    @Test(
        "Escaping leaves text as it is but for what cannot be printed",
        arguments: [
            ("unknown service", "unknown service"), (#"a "b" \c"#, #"a "b" \c"#),
            ("a\u{1b}[2Jb", #"a\x1b[2Jb"#), ("line\r\nline", #"line\r\nline"#),
            ("\u{9b}31m", #"\u009b31m"#), ("\u{2028}\u{2066}", #"\u2028\u2066"#),
            ("größe", "größe"),
        ])
    func escaped(_ text: String, _ expected: String) {
        #expect(PrintableText.escaped(text, limit: 100) == expected)
    }

    @Test("Long text is cut between characters and escapes, and marked")
    func cut() {
        #expect(PrintableText.escaped("12345", limit: 5) == "12345")
        #expect(PrintableText.escaped("123456", limit: 5) == "12345 [cut]")
        #expect(PrintableText.escaped("1234é", limit: 5) == "1234 [cut]")
        #expect(PrintableText.escaped("123\u{1b}", limit: 5) == "123 [cut]")
        #expect(PrintableText.escaped("12\u{1b}3", limit: 6) == "12\\x1b [cut]")
        #expect(PrintableText.escaped(utf8: [0x31, 0xff, 0xff], limit: 5) == "1\\xff [cut]")
        #expect(PrintableText.escaped("x", limit: 0) == " [cut]")
        #expect(PrintableText.escaped("", limit: 0) == "")
    }

    // Where categories change; the rest is ideographs, private use and nothing.
    @Test(
        "What is printable agrees with Unicode's categories",
        arguments: [0...0x3fff, 0xa000...0x1ffff, 0xe0000...0xe0fff, 0xeff00...0xf00ff]
            as [ClosedRange<UInt32>])
    func agreesWithUnicode(_ range: ClosedRange<UInt32>) {
        var differences: [Unicode.Scalar] = []
        for scalar in range.lazy.compactMap({ Unicode.Scalar($0) }) {
            let expected: Bool
            switch scalar.properties.generalCategory {
            case .control, .format, .privateUse, .spaceSeparator, .lineSeparator,
                .paragraphSeparator:
                expected = scalar == " "
            case .unassigned where scalar.properties.isNoncharacterCodePoint: expected = false
            case .unassigned: continue  // differs from one Unicode version to the next
            default: expected = true
            }
            if TextNotation.isPrintable(scalar) != expected { differences.append(scalar) }
        }
        #expect(differences == [])
    }
}
