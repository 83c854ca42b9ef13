// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Testing

@testable import Telemetry

@Suite struct LogOutputTests {
    @Test("A JSON line parses, whatever is in the message and the fields")
    func jsonLineParses() throws {
        let nasty = "quote \" backslash \\ newline \n escape \u{1b}[31m null \u{0} é 漢"
        let line = LogOutput.json("t", .warning, nasty, [("key \"", "\(nasty)")])
        #expect(!line.contains("\n"))
        let parsed = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
        #expect(parsed?["message"] == nasty)
        #expect(parsed?["key \""] == nasty)
        #expect(parsed?["level"] == "warning")
    }

    @Test("A text line never carries raw control characters")
    func textLineIsSafe() {
        let line = LogOutput.text("t", .info, "listening", [("address", "a\u{1b}[2Jb")])
        #expect(line == "t INFO listening address=\"a\\u001b[2Jb\"")
    }

    @Test("A timestamp is RFC 3339 in UTC with milliseconds")
    func timestampText() {
        #expect(Timestamp(seconds: 0, milliseconds: 7).text == "1970-01-01T00:00:00.007Z")
        #expect(
            Timestamp(seconds: 1_795_224_600, milliseconds: 125).text == "2026-11-21T01:30:00.125Z")
    }
}
