// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Settings

@Suite struct SettingTableTests {
    @Test("A flag is stronger than a variable, a variable than the file, the file than the default")
    func precedence() throws {
        let file = "port: 1\ngrace: 1s\nmin-memory: 1MiB\n"
        let environment = ["VITALS_PORT": "2", "VITALS_GRACE": "2s"]
        let reading = try SampleOptions.read(["--port", "3"], environment, file: file)
        #expect(reading.problems.isEmpty)
        #expect(reading.options.port == 3)
        #expect(reading.options.grace == .seconds(2))
        #expect(reading.options.memory == 1 << 20)
        #expect(reading.options.mode == .off)
    }

    @Test("A stronger source replaces a list, and does not add to it")
    func listsAreReplaced() throws {
        let file = "peer: [a, b]\nroot: []\n"
        #expect(try SampleOptions.read(file: file).options.peers == ["a", "b"])
        #expect(try SampleOptions.read(file: file).options.roots == [])
        let environment = ["VITALS_PEER": "c;d e"]
        #expect(try SampleOptions.read([], environment, file: file).options.peers == ["c", "d e"])
        let flags = ["--peer", "f", "--peer", "g"]
        let reading = try SampleOptions.read(flags, environment, file: file)
        #expect(reading.options.peers == ["f", "g"])
        #expect(try SampleOptions.read(["--root=/c"]).options.roots == ["/c"])
    }

    @Test("A list may be written as one value")
    func listOfOne() throws {
        #expect(try SampleOptions.read(file: "peer: a\n").options.peers == ["a"])
    }

    @Test("An older variable means the same, and the newer one is stronger")
    func olderVariable() throws {
        #expect(try SampleOptions.read([], ["OLD_NAME": "x"]).options.name == "x")
        let both = ["OLD_NAME": "x", "VITALS_NAME": "y"]
        #expect(try SampleOptions.read([], both).options.name == "y")
    }

    @Test("An empty variable is as good as none")
    func emptyVariable() throws {
        let reading = try SampleOptions.read([], ["VITALS_PORT": "", "VITALS_CONFIG": ""])
        #expect(reading.problems.isEmpty)
        #expect(reading.options.port == 80)
    }

    @Test("Every problem is told, of flags, variables and file, each with its place")
    func allProblems() throws {
        let reading = try SampleOptions.read(
            ["--nope", "3", "--port=0", "--loud=x", "--grace", "1s"],
            ["VITALS_MIN_MEMORY": "many", "VITALS_MODE": "slow"],
            file: "port: many\nprot: 1\ntls-key: k\n")
        #expect(
            reading.shortProblems == [
                "unknown flag --nope (see --help)",
                "invalid boolean value \"x\" for --loud: not a boolean: use true or false "
                    + "(see --help)",
                "F:1:7: invalid value \"many\" for port: not a number: use digits only",
                "F:2:1: unknown setting \"prot\": did you mean port?",
                "invalid value \"many\" for VITALS_MIN_MEMORY: not a size: use a number with B, "
                    + "KiB, MiB, GiB, TiB, KB, MB, GB or TB",
                "invalid value \"slow\" for VITALS_MODE: use off, quick or thorough",
                "invalid value \"0\" for --port: out of range: use a number from 1 to 65535 "
                    + "(see --help)",
                "F:3:1: --tls-cert and --tls-key need each other",
            ])
    }

    @Test("Nothing is concluded from a setting whose value is wrong")
    func noConclusions() throws {
        let text = "tls-key: 12\ntls-cert: c\n"
        #expect(
            try SampleOptions.read(file: text).shortProblems == [
                "F:1:10: invalid value \"12\" for tls-key: not text for YAML: put it in quotes"
            ])
    }

    @Test("A stray argument is a problem")
    func strayArgument() throws {
        #expect(try SampleOptions.read(["x"]).problems == ["unexpected argument \"x\""])
    }

    @Test("An unknown variable is a warning with the name that was meant")
    func unknownVariable() throws {
        let reading = try SampleOptions.read(
            [], ["VITALS_PROT": "1", "VITALS_SOMETHING": "secret"])
        #expect(reading.problems.isEmpty)
        #expect(
            reading.warnings == [
                "unknown environment variable VITALS_PROT: did you mean VITALS_PORT?",
                "unknown environment variable VITALS_SOMETHING",
            ])
    }

    @Test("What Kubernetes sets for a Service of the same name is not taken for a setting")
    func serviceLinks() throws {
        let reading = try SampleOptions.read([], ["VITALS_PORT": "tcp://10.0.0.1:80"])
        #expect(reading.problems.isEmpty)
        #expect(reading.options.port == 80)
        #expect(reading.warnings.count == 1)
        #expect(reading.warnings[0].hasPrefix("VITALS_PORT is not read"))
    }

    @Test("Negative durations and sizes beyond the range are refused")
    func ranges() throws {
        for arguments in [["--grace=-1s"], ["--grace=0"], ["--min-memory=2TiB"]] {
            #expect(try SampleOptions.read(arguments).problems.count == 1, "\(arguments)")
        }
        #expect(try SampleOptions.read(["--min-memory=1TiB"]).options.memory == 1 << 40)
    }

    @Test("A table without its common problems is the same in all else")
    func withoutCommonProblems() {
        let table = SettingTable(
            program: "other", variablePrefix: "OTHER_", defaults: SampleOptions(),
            groups: [SettingGroup("All", [.value("name", \.name, .text, "the name")])],
            elsewhere: { $0 == "json" ? "--json is elsewhere" : nil },
            problems: { _ in [SettingProblem("no name", about: "name")] }
        ).withoutCommonProblems
        let reading = table.read(arguments: ["--json"], environment: ["OTHER_NAME": "x"])
        #expect(reading.options.name == "x")
        #expect(reading.problems == ["--json is elsewhere"])
        #expect(table.read(arguments: [], environment: [:]).problems.isEmpty)
    }

    @Test("Commands are told apart from settings")
    func commands() throws {
        #expect(try SampleOptions.read(["-h"]).command == .printHelp(all: false))
        #expect(try SampleOptions.read(["--nope", "--help"]).command == .printHelp(all: false))
        #expect(try SampleOptions.read(["--help-all"]).command == .printHelp(all: true))
        #expect(try SampleOptions.read(["--version"]).command == .printVersion)
        #expect(try SampleOptions.read(["--check-config"]).command == .checkConfiguration)
        #expect(try SampleOptions.read(["--print-config"]).command == .printConfiguration)
        #expect(try SampleOptions.read(file: "version: true\n").problems.count == 1)
    }
}
