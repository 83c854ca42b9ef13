// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Text

@Suite("The writer of JSON")
struct JSONWriterTests {
    private func text(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        writer.object { body(&$0) }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test("Objects, arrays and values are separated by commas, at every depth")
    func structure() {
        let document = text { writer in
            writer.set("a", "x")
            writer.object("b") { _ in }
            writer.array("c", [1, 2]) { $0.set("n", $1) }
            writer.array("d", [] as [Int]) { $0.set("n", $1) }
            writer.object(named: "e f") { $0.set("t", true) }
            writer.array(named: "g", [3]) { $0.set("n", $1) }
            writer.array("h", ["i", "j"])
            writer.set("k", nil as String?)
            writer.set("l", nil as Int?)
            writer.set(named: "m\n", "n")
        }
        #expect(
            document
                == #"{"a":"x","b":{},"c":[{"n":1},{"n":2}],"d":[],"e f":{"t":true},"g":[{"n":3}],"#
                + #""h":["i","j"],"k":null,"l":null,"m\n":"n"}"#)
    }

    @Test(
        "Thousandths have no more digits than they need",
        arguments: [
            (0, "0"), (1, "0.001"), (1500, "1.5"), (-20, "-0.02"), (66_667, "66.667"),
            (Int64.min, "-9223372036854775.808"),
        ] as [(Int64, String)])
    func thousandths(number: Int64, digits: String) {
        #expect(text { $0.set("n", thousandths: number) } == "{\"n\":\(digits)}")
    }

    @Test("Every text comes back from another reader of JSON as it was")
    func escapes() throws {
        let original = "\"\\/\u{0}\u{1f}\u{7f}\u{85}\u{2028}\u{202e}é\u{1f600}\r\n\t"
        let document = text { $0.set(named: original, original) }
        let value = try JSONSerialization.jsonObject(with: Data(document.utf8))
        #expect(value as? [String: String] == [original: original])
    }
}
