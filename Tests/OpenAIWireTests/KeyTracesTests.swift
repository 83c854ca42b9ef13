// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing
import Text

@testable import OpenAIWire

@Suite("Traces of a key")
struct KeyTracesTests {
    @Test("Any eight bytes of the key are found, and seven are not")
    func plain() {
        let key = "sk-0123456789abcdef"
        let traces = KeyTraces(of: key)
        for start in 0...(key.count - 8) {
            let part = key.dropFirst(start).prefix(8)
            #expect(traces.areIn("the key \(part) is wrong"))
            #expect(!traces.areIn("the key \(part.dropLast()) is wrong"))
        }
        #expect(!traces.areIn(""))
    }

    @Test("Base64 of it is found, whatever comes before it", arguments: 0..<6)
    func encoded(_ shift: Int) {
        let key = "sk-~~~?>>>ÿ0123456789"
        let text = Base64.encode(Array((String(repeating: "u", count: shift) + key + ".").utf8))
        let forURLs = text.replacing("+", with: "-").replacing("/", with: "_")
        for text in [text, forURLs] {
            #expect(KeyTraces(of: key).areIn("basic \(text)"))
            #expect(KeyTraces(of: key).areIn(String(text.dropFirst(10).prefix(12))))
            #expect(!KeyTraces(of: "another-key-42").areIn(text))
        }
    }

    @Test("A short key is found as a whole, and an empty key is never found")
    func short() {
        #expect(KeyTraces(of: "abc").areIn("xabcx") && !KeyTraces(of: "abc").areIn("abxc"))
        #expect(!KeyTraces(of: "").areIn("anything"))
    }
}
