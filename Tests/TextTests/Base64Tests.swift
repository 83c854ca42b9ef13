// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Text

@Suite("Base64")
struct Base64Tests {
    @Test("Bytes go to base64 and back")
    func base64() throws {
        var generator = SplitMix64(seed: 11)
        for count in 0..<300 {
            let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            let text = Base64.encode(bytes)
            #expect(!text.contains("="))
            let padded = text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
            for form in [text, padded] {
                #expect(Array(form.utf8).withUnsafeBytes { Base64.decode($0) } == bytes)
            }
        }
        #expect(Base64.encode([0xab, 0xab, 0xab]) == "q6ur")
        #expect(Base64.encode([0xff, 0xfe]) == "//4")
    }

    @Test("What PEM has in it, white space and padding, is no part of the bytes")
    func beginning() {
        func decoded(_ text: String) -> [UInt8] {
            Array(text.utf8).withUnsafeBytes { Base64.decodeBeginning($0) }
        }
        #expect(decoded("aGVs\r\nbG8=\n") == Array("hello".utf8))
        #expect(decoded(" a G V sbG8") == Array("hello".utf8))
        #expect(decoded("aGVs-bG8") == Array("hel".utf8))
    }
}
