// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Settings

@Suite struct SettingHelpTests {
    @Test("The help has the settings by subject, with their defaults, and only names the rare ones")
    func help() {
        #expect(
            SampleOptions.table.help(all: false).hasPrefix(
                """

                Usual ones:
                  --name STRING               the name
                  --port INT                  the port (default 80)
                  --loud                      say more
                  --grace DURATION            how long (default 10s)

                The rest:
                  --mode MODE                 which way (default off)
                  --kind KIND                 of which sort (default any)
                  --tls-cert PATH             the certificate
                  --tls-key PATH              its key
                  --peer STRING               one of the peers
                  --root PATH                 one of the roots (default "/a;/b")
                  --password-file PATH        file of the password

                Commands:
                  --config PATH               YAML file of settings (or VITALS_CONFIG)
                  --check-config              check the settings and their files, say all that
                                              is wrong, and exit

                """))
        #expect(
            SampleOptions.table.help(all: false).contains(
                "\nsample --help-all has more settings: limits of memory.\n"))
    }

    @Test("The full help has the rare settings after the others")
    func fullHelp() throws {
        let help = SampleOptions.table.help(all: true)
        #expect(
            help.contains(
                "\n\nLimits of memory:\n  --min-memory SIZE           how much (default 100MiB)\n"))
        #expect(!help.contains("has more settings"))
        for setting in SampleOptions.table.settings {
            #expect(help.contains("\n  --\(setting.name)"), "\(setting.name)")
        }
    }

    @Test(
        "No line is wider than the terminal, and no word is lost", arguments: [1, 40, 60, 80, 120])
    func width(_ width: Int) {
        let help = SampleOptions.table.help(all: true, width: width)
        let lines: [Substring] = help.split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= max(width, 40) })
        let wide = SampleOptions.table.help(all: true, width: 1_000)
        let words: [Substring] = help.split { $0.isWhitespace }
        let wideWords: [Substring] = wide.split { $0.isWhitespace }
        #expect(words == wideWords)
    }

    @Test("A narrow terminal has each meaning below its flag")
    func narrow() {
        let help = SampleOptions.table.help(all: false, width: 40)
        #expect(help.contains("  --grace DURATION\n      how long (default 10s)\n"))
    }

    @Test("A name that fills its column leaves the meaning a line of its own")
    func longName() {
        var help = HelpText(width: 80)
        help.add(name: String(repeating: "a", count: 26), meaning: "b")
        help.add(name: String(repeating: "a", count: 27), meaning: "b")
        let margin = String(repeating: " ", count: 30)
        #expect(
            help.text == "  \(String(repeating: "a", count: 26))  b\n"
                + "  \(String(repeating: "a", count: 27))\n\(margin)b\n")
    }

    @Test(
        "A mistyped name has the one that was meant, if it is near",
        arguments: [
            ("prot", "port"), ("grase", "grace"), ("minMemory", "min-memory"),
            ("MIN_MEMORY", "min-memory"), ("tls_cert", "tls-cert"), ("tls-crt", "tls-cert"),
            ("p", nil), ("memory", nil), ("", nil), (String(repeating: "port", count: 20), nil),
        ])
    func nearest(_ word: String, _ name: String?) {
        let names = SampleOptions.table.settings.map(\.name)
        #expect(NearestName.find(word, in: names) == name)
    }

    @Test("A mistyped flag, variable and key each have their nearest name as it is written there")
    func misspellings() throws {
        let reading = try SampleOptions.read(
            ["--prot=1", "--help-al", "--minMemory", "1MiB", "--\u{1b}[0m"],
            ["VITALS_GRASE": "1s", "VITALS_HOST": "a", "VITALS_PASSWORT": "x"],
            file: "tls: {crt: a}\nminMemory: 1MiB\n")
        #expect(
            reading.shortProblems == [
                "unknown flag --prot: did you mean --port?",
                "unknown flag --help-al: did you mean --help-all?",
                "unknown flag --minMemory: did you mean --min-memory?",
                "unknown flag --\\x1b[0m (see --help)",
                "F:1:7: unknown setting \"tls-crt\": did you mean tls-cert?",
                "F:2:1: unknown setting \"minMemory\": did you mean min-memory?",
            ])
        #expect(
            reading.warnings == [
                "unknown environment variable VITALS_GRASE: did you mean VITALS_GRACE?",
                "unknown environment variable VITALS_HOST",
                "unknown environment variable VITALS_PASSWORT: did you mean VITALS_PASSWORD?",
            ])
    }

    @Test("What is wrong with a flag is said with two dashes")
    func flagErrors() throws {
        #expect(
            try SampleOptions.read(["---x", "--loud=2", "--port=x", "--name"]).problems == [
                "---x is no flag: use --name VALUE or --name=VALUE (see --help)",
                "invalid boolean value \"2\" for --loud: not a boolean: use true or false (see --help)",
                "--name needs a value (see --help)",
                "invalid value \"x\" for --port: not a number: use digits only (see --help)",
            ])
    }
}
