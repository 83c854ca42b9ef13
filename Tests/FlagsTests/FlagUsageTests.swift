// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import Testing

@Suite struct FlagUsageTests {
    @Test("The usage text has Go's layout")
    func layout() {
        let table = FlagTable<Options>(
            program: "",
            flags: [
                .string("name", default: "a\"b", "the name") { $0.address = $1 },
                .string("empty", "no default") { $0.address = $1 },
                .boolean("v", "say more") { $0.isVerbose = $1 },
                .boolean("on", default: true, "starts on") { $0.usesTLS = $1 },
                .boolean("off", "starts off") { $0.usesTLS = $1 },
                .duration("wait", default: .milliseconds(1500), "how long") { $0.timeout = $1 },
                .duration("no-wait", "not at all") { $0.timeout = $1 },
                .integer("port", default: 8080, "which port") { $0.port = $1 },
                .integer("n", "how often") { $0.port = $1 },
                .size("ram", default: 100 << 20, "how much") { $0.memory = $1 },
                .string("model", word: "path", "two\nlines") { $0.address = $1 },
                .value("x", "anything", apply: { (_, _) throws(FlagValueError) in }),
                .value(
                    "y", word: "colour", default: "red", "a colour",
                    apply: { (_, _) throws(FlagValueError) in }),
            ])
        let expected = """
            Usage:
              -empty string
                \tno default
              -model path
                \ttwo
                \tlines
              -n int
                \thow often
              -name string
                \tthe name (default "a\\"b")
              -no-wait duration
                \tnot at all
              -off
                \tstarts off
              -on
                \tstarts on (default true)
              -port int
                \twhich port (default 8080)
              -ram size
                \thow much (default 100MiB)
              -v\tsay more
              -wait duration
                \thow long (default 1.5s)
              -x value
                \tanything
              -y colour
                \ta colour (default red)

            """
        #expect(table.usage == expected)
    }

    @Test("A synopsis stands before the flags")
    func synopsis() {
        let table = FlagTable<Options>(program: "", synopsis: "  a -b\n", flags: [])
        #expect(table.usage == "Usage:\n  a -b\n")
    }

    @Test("The usage text names the program where it has a name")
    func programName() {
        let table = FlagTable<Options>(program: "skill-runtime", flags: [])
        #expect(table.usage == "Usage of skill-runtime:\n")
    }
}
