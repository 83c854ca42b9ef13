// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTPRouting
import Testing

@Suite("A request's query")
struct HTTPQueryTests {
    @Test("Parameters keep their order, and may come several times or without a value")
    func parameters() {
        let query = HTTPQuery("verbose&exclude=a&&x=1=2&exclude=b&empty=")
        #expect(query.parameters.map(\.name) == ["verbose", "exclude", "x", "exclude", "empty"])
        #expect(query.all("exclude") == ["a", "b"] && query.first("exclude") == "a")
        #expect(query.first("x") == "1=2" && query.first("empty") == "")
        #expect(query.contains("verbose") && query.first("verbose") == "" && !query.contains("a"))
    }

    @Test(
        "Escapes are decoded, and what is no escape stays",
        arguments: [
            ("a=b%2Fc", "b/c"), ("a=b+c", "b c"), ("a=%2b", "+"), ("a=100%", "100%"),
            ("a=%zz%4", "%zz%4"), ("%61=%C3%A9", "é"), ("a=%ff", "\u{fffd}"),
        ])
    func escapes(query: String, value: String) {
        #expect(HTTPQuery(query).first("a") == value)
    }

    @Test("A plus in a path is a plus")
    func path() {
        #expect(HTTPQuery.decodePath("model%2Fa+b%20c") == "model/a+b c")
    }

    @Test("No query has no parameters, and of a long one the beginning is read")
    func ends() {
        #expect(HTTPQuery(nil).parameters.isEmpty && HTTPQuery("").parameters.isEmpty)
        let long = HTTPQuery(Array(repeating: "a=1", count: 100_000).joined(separator: "&"))
        #expect(long.parameters.count == 64)
    }
}
