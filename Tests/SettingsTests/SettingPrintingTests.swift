// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Settings

@Suite struct SettingPrintingTests {
    @Test("Each setting is printed with where it comes from")
    func origins() throws {
        let reading = try SampleOptions.read(
            ["--print-config", "--peer", "a", "--peer", "b"], ["VITALS_GRACE": "1m30s"],
            file: "\n  port: 7\n")
        let text = SampleOptions.table.printed(reading)
        let lines = text.split(separator: "\n").map { String($0) }
        #expect(lines.contains("name: port-7  # follows from the others"))
        #expect(lines.contains("grace: 1m30s  # VITALS_GRACE"))
        #expect(lines.contains("mode: off  # default"))
        #expect(lines.contains("# kind: not set  # default"))
        #expect(text.contains("peer:  # --peer\n  - a\n  - b\n"))
        #expect(lines.contains { $0.hasPrefix("port: 7  # /") && $0.hasSuffix("/sample.yaml:2:3") })
    }

    @Test(
        "What is printed and read again is the same",
        arguments: [
            [], ["--name=#x", "--port=1"], ["--name=12", "--loud"], ["--name=true"], ["--name= "],
            ["--name=a\nb\u{7}\"\\\u{e9}\u{202e}\u{1f600}"], ["--grace=300us", "--kind=quick"],
            ["--peer=a", "--peer=- b", "--root="], ["--min-memory=123456789", "--mode=thorough"],
            ["--peer=null", "--peer=", "--peer=0x1f"], ["--name=1.5e3"], ["--name=12:30"],
            ["--name=yes", "--root=/x"],
        ])
    func roundTrip(_ arguments: [String]) throws {
        let first = try SampleOptions.read(arguments)
        #expect(first.problems.isEmpty)
        let text = SampleOptions.table.printed(first)
        let second = try SampleOptions.read(file: text)
        #expect(second.problems.isEmpty, "\(second.problems)\n\(text)")
        #expect(second.options == first.options, "\(text)")
    }

    @Test("A secret is read from its file or its variable, and printed nowhere")
    func secrets() throws {
        let given = try SampleOptions.read([], ["VITALS_PASSWORD": " s3cret\n"])
        #expect(try given.options.password.read() == "s3cret")
        let printed = SampleOptions.table.printed(given)
        #expect(printed.contains("# password-file: the secret itself is in VITALS_PASSWORD\n"))
        #expect(!printed.contains("s3cret"))
        #expect(!"\(given.options) \(String(reflecting: given.options))".contains("s3cret"))
        var dumped = ""
        dump(given.options, to: &dumped)
        #expect(!dumped.contains("s3cret"))
        try withFile("s3cret\n") { path in
            let named = try SampleOptions.read(["--password-file", path])
            #expect(try named.options.password.read() == "s3cret")
            #expect(SampleOptions.table.printed(named).contains("password-file: /"))
        }
        #expect(try SampleOptions.read().options.password.read() == nil)
    }

    @Test("A variable that other programs know is the weakest source of a secret")
    func commonSecret() throws {
        let common = try SampleOptions.read([], ["PASS": "c"])
        #expect(try common.options.password.read() == "c")
        #expect(
            SampleOptions.table.printed(common)
                .contains("# password-file: the secret itself is in PASS\n"))
        let both = try SampleOptions.read([], ["PASS": "c", "VITALS_PASSWORD": "s"])
        #expect(both.problems.isEmpty)
        #expect(try both.options.password.read() == "s")
        let file = try SampleOptions.read([], ["PASS": "c"], file: "password-file: /x\n")
        #expect(file.problems.isEmpty)
        #expect(file.options.password.path == "/x")
    }

    @Test("A secret itself is refused in the file and on the command line")
    func misplacedSecrets() throws {
        #expect(
            try SampleOptions.read(file: "password: s3cret\n").shortProblems == [
                "F:1:1: password is a secret, which has no place in this file: "
                    + "use password-file, or VITALS_PASSWORD"
            ])
        let flag = try SampleOptions.read(["--password=s3cret"])
        #expect(flag.problems.count == 1)
        #expect(!flag.problems[0].contains("s3cret"))
        let both = ["VITALS_PASSWORD": "s3cret", "VITALS_PASSWORD_FILE": "/x"]
        #expect(
            try SampleOptions.read([], both).problems == [
                "VITALS_PASSWORD and VITALS_PASSWORD_FILE are mutually exclusive"
            ])
    }

    @Test("What differs from the defaults is known with its type, and no secret is among it")
    func changes() throws {
        let reading = try SampleOptions.read(
            ["--port", "81", "--loud", "--grace", "1s", "--root", "/c", "--root", "/d"],
            ["VITALS_PASSWORD": "hidden", "VITALS_MODE": "off"])
        let changes = SampleOptions.table.changes(in: reading.options)
        #expect(changes.map(\.name) == ["name", "port", "loud", "grace", "root"])
        let values: [[SettingValue]] = [
            [.text("port-81")], [.number(81)], [.boolean(true)], [.text("1s")],
            [.text("/c"), .text("/d")],
        ]
        #expect(changes.map(\.values) == values)
        #expect(reading.given == ["port", "loud", "grace", "root", "password-file", "mode"])
        let some = SampleOptions.table.changes(
            in: reading.options, among: ["name", "port", "mode"])
        #expect(some.map(\.name) == ["name", "port"])
    }
}
