// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Settings

@Suite struct SettingFileTests {
    /// The problems of a file with this text.
    private func problems(_ text: String) throws -> [String] {
        try SampleOptions.read(file: text).shortProblems
    }

    @Test("A mapping under a key puts the key before its own")
    func sections() throws {
        let text = "tls:\n  cert: c\n  key: k\nmin: {memory: 5MiB}\n"
        let reading = try SampleOptions.read(file: text)
        #expect(reading.problems.isEmpty)
        #expect(reading.options.certificate == "c" && reading.options.key == "k")
        #expect(reading.options.memory == 5 << 20)
    }

    @Test(
        "A file that says nothing is no mistake",
        arguments: ["", "# nothing\n", "---\n", "{}\n", "tls:\n", "\u{feff}port: 80\n"])
    func empty(_ text: String) throws {
        let reading = try SampleOptions.read(file: text)
        #expect(reading.problems.isEmpty)
        #expect(reading.options == SampleOptions.table.completed(SampleOptions()))
    }

    @Test("A key that is there twice is told with both places, also across sections")
    func duplicates() throws {
        let text = "port: 1\ntls-cert: a\ntls-key: b\ntls:\n  cert: c\nport: 2\n"
        #expect(
            try problems(text) == [
                "F:5:3: \"tls-cert\" is there already, at 2:1: remove one",
                "F:6:1: \"port\" is there already, at 1:1: remove one",
            ])
    }

    @Test("Anchors, aliases, tags and a second document are refused where they stand")
    func refusedParts() throws {
        #expect(
            try problems("name: &a x\npeer: [b, *a]\nmode: *a\n") == [
                "F:1:7: anchors are not read: remove the &name",
                "F:2:11: aliases are not read: write the value here",
                "F:3:7: aliases are not read: write the value here",
            ])
        #expect(
            try problems("port: !!int 1\n") == ["F:1:7: tags are not read: remove the !tag"])
        #expect(
            try problems("port: 1\n---\nport: 2\n") == [
                "F:2:1: a second document: use one document a file"
            ])
        #expect(
            try problems("%TAG !x! tag:x,2000:\n---\nport: 1\n")
                == ["F:1:1: tags are not read: remove %TAG"])
        #expect(
            try problems("<<: *x\n").contains("F:1:5: aliases are not read: write the value here"))
    }

    @Test("A value of another type is told with what to write")
    func wrongTypes() throws {
        #expect(
            try problems("port: \"1\"\nloud: yes\nname: 12\npeer:\n  - true\nmode:\ngrace: ~\n")
                == [
                    "F:1:7: invalid value \"1\" for port: text, not a number: remove the quotes",
                    "F:2:7: invalid value \"yes\" for loud: not a boolean: use true or false, "
                        + "without quotes",
                    "F:3:7: invalid value \"12\" for name: not text for YAML: put it in quotes",
                    "F:5:5: invalid value \"true\" for peer: not text for YAML: put it in quotes",
                    "F:6:6: invalid value \"\" for mode: no value: write one, or remove the line",
                    "F:7:8: invalid value \"~\" for grace: no value: write one, or remove the line",
                ])
        #expect(try problems("port: [1, 2]\n") == ["F:1:1: port takes one value and no list"])
        #expect(
            try problems("peer: [[a], {b: c}, d]\n") == [
                "F:1:8: a list holds single values only", "F:1:13: a list holds single values only",
            ])
        #expect(
            try problems("name: \"a\\0b\"\n") == [
                "F:1:7: invalid value \"a\\x00b\" for name: it has a NUL in it"
            ])
    }

    @Test("What is no mapping of names is told once, wherever it ends")
    func wrongShapes() throws {
        let text = "F:1:1: expected settings, one \"name: value\" a line"
        #expect(try problems("- a\n- b: {c: d}\n") == [text])
        #expect(try problems("port\n") == [text])
        #expect(
            try problems("? [a, b]\n: c\nport: 1\n") == [
                "F:1:3: a key must be the name of a setting"
            ])
    }

    @Test("What is not YAML is told with line and column, and nothing is concluded from the rest")
    func syntax() throws {
        #expect(
            try problems("port: 1\n\ttls-key: x\n") == [
                "F:2:1: not YAML: found a tab character that violates indentation while scanning "
                    + "a plain scalar: indent with spaces, not tabs, and put special characters in "
                    + "quotes"
            ])
        #expect(
            try problems("tls-key: k\nname: a: b\n") == [
                "F:2:8: not YAML: mapping values are not allowed in this context: indent alike "
                    + "what belongs together, and put a value with ': ' in quotes"
            ])
        #expect(try problems("port: [1\n").count == 1)
    }

    @Test("Bytes that are not UTF-8 are told with line and column")
    func notUTF8() {
        let file = SettingFile(Array("port: 1\nname: \u{e9}".utf8) + [0xff, 10])
        #expect(file.problems.map { $0.place } == [FilePlace(line: 2, column: 8)])
        #expect(!file.isComplete)
    }

    @Test("Reading ends where brackets within brackets take long")
    func manyBrackets() throws {
        let text = "port: " + String(repeating: "[", count: 60_000)
        #expect(try problems(text).last == "F:1:38: not YAML: more than 32 levels")
    }

    @Test("A file that nests deeply or names at length is refused without being built")
    func depthAndLength() throws {
        let brackets = String(repeating: "[", count: 30_000)
        #expect(try problems("port: \(brackets)").count == 2)
        let braces = String(repeating: "{a: ", count: 15_000)
        #expect(try problems(braces).first == "F:1:17: too deep: at most 4 levels")
        let long = String(repeating: "a", count: 101)
        #expect(
            try problems("\(long): 1\n") == [
                "F:1:1: no setting has so long a name: see --help-all for the names"
            ])
    }

    @Test("A file full of problems is told in part")
    func manyProblems() throws {
        let text = (0..<1000).map { "x\($0): 1\n" }.joined()
        let problems = try problems(text)
        #expect(problems.count == 51)
        #expect(problems.last == "F: 950 more problems")
    }

    @Test("A file that is missing, a folder, or too large is a problem in one line")
    func unreadable() throws {
        let table = SampleOptions.table
        let missing = table.read(arguments: ["--config", "/nonexistent/x.yaml"], environment: [:])
        #expect(
            missing.problems == [
                "cannot read the settings of /nonexistent/x.yaml: open: No such file or directory"
            ])
        let folder = table.read(arguments: [], environment: ["VITALS_CONFIG": "/"])
        #expect(folder.problems == ["cannot read the settings of /: read: Is a directory"])
        let large = String(repeating: "#\n", count: 40_000)
        #expect(try problems(large) == ["F is too large for settings: at most 64KiB"])
    }

    @Test("Broken files never trap", arguments: 0..<50)
    func brokenFiles(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let pieces: [String] = [
            "port", ": ", "1", "\n", "  ", "- ", "[", "]", "{", "}", ",", "\"", "'", "&a ", "*a",
            "!t ", "|\n", ">", "#", "%", "---\n", "...", "\t", "?", "tls", "cert", "\\", "\u{e9}",
        ]
        for _ in 0..<200 {
            let count = Int.random(in: 0..<20, using: &random)
            var bytes = (0..<count).flatMap { _ in
                Array(pieces[Int.random(in: 0..<pieces.count, using: &random)].utf8)
            }
            if Bool.random(using: &random) { bytes.append(.random(in: 0...255, using: &random)) }
            let file = SettingFile(bytes)
            #expect(file.isComplete || !file.problems.isEmpty)
        }
    }
}
