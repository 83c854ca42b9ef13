// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing
import Text

@Suite("Percent-encoding, read")
struct PercentDecodingTests {
    private func lenient(_ text: String, plusIsSpace: Bool = false) -> String {
        String(
            decoding: PercentDecoding.lenient(Array(text.utf8), plusIsSpace: plusIsSpace),
            as: UTF8.self)
    }

    private func strict(_ text: String) -> [UInt8]? { PercentDecoding.strict(Array(text.utf8)) }

    @Test("An escape stands for its byte, whatever the case of its digits")
    func escapes() {
        #expect(lenient("a%20b%2F%2f%25") == "a b//%")
        #expect(strict("a%20b%2F%2f%25") == Array("a b//%".utf8))
        #expect(strict("%00%ff") == [0, 0xff])
        #expect(strict("") == [] && lenient("") == "")
    }

    @Test("A plus sign is a space only in a form")
    func forms() {
        #expect(lenient("a+b") == "a+b")
        #expect(lenient("a+b%2B", plusIsSpace: true) == "a b+")
        #expect(strict("a+b") == Array("a+b".utf8))
    }

    @Test(
        "What is no escape stands for itself, or makes all invalid",
        arguments: ["%", "100%", "%2", "a%zz", "%2g", "%+1", "%-0", "% 1", "%%2"])
    func noEscapes(text: String) {
        #expect(lenient(text) == text)
        #expect(strict(text) == nil)
    }

    @Test("An escape is read once only")
    func once() {
        #expect(lenient("%2541") == "%41")
        #expect(lenient("%%41") == "%A")
        #expect(strict("%%41") == nil)
    }
}
