// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Flags

@Suite struct SpellingTests {
    @Test(
        "The distance counts changed, missing, added and exchanged letters",
        arguments: [
            ("port", "port", 0), ("prot", "port", 1), ("por", "port", 1), ("portt", "port", 1),
            ("pork", "port", 1), ("", "port", 4), ("host", "port", 2), ("a", "", 1),
        ])
    func distance(_ left: String, _ right: String, _ expected: Int) {
        #expect(Spelling.distance(left, right) == expected)
    }

    @Test("Only a near name is offered")
    func nearest() {
        #expect(Spelling.nearest(to: "prot", in: ["host", "port"]) == "port")
        #expect(Spelling.nearest(to: "something", in: ["host", "port"]) == nil)
        #expect(Spelling.nearest(to: "x", in: ["y"]) == nil)
    }
}
