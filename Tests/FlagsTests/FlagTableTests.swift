// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import Testing

struct Options: Equatable {
    var address = ""
    var usesTLS = false
    var isVerbose = false
    var timeout = Duration.seconds(1)
    var port = 0
    var memory: Int64 = 0
    var headers: [String] = []

    static func table(_ wording: FlagTable<Options>.Wording) -> FlagTable<Options> {
        FlagTable(
            program: "", wording: wording,
            flags: [
                .string("addr", "the address") { $0.address = $1 },
                .boolean("tls", "use TLS") { $0.usesTLS = $1 },
                .boolean("v", "say more") { $0.isVerbose = $1 },
                .duration("timeout", default: .seconds(1), "how long") { $0.timeout = $1 },
                .integer("port", in: 1...65535, "the port") { $0.port = $1 },
                .size("min-ram", "how much") { $0.memory = $1 },
                .value(
                    "header", "what to send",
                    apply: { (options, text) throws(FlagValueError) in
                        if text.isEmpty { throw FlagValueError("it is empty") }
                        options.headers.append(text)
                    }),
            ])
    }
}

/// Reads arguments into fresh options.
private func parse(
    _ arguments: [String], _ wording: FlagTable<Options>.Wording = .go
) throws(FlagError) -> (options: Options, rest: [String]) {
    var options = Options()
    let rest = try Options.table(wording).parse(arguments, into: &options)
    return (options, Array(rest))
}

/// The error's text, or nil when the arguments are right.
private func errorText(
    _ arguments: [String], _ wording: FlagTable<Options>.Wording = .go
) -> String? {
    do throws(FlagError) {
        _ = try parse(arguments, wording)
        return nil
    } catch {
        return error.text
    }
}

@Suite struct FlagTableTests {
    @Test(
        "One dash, two dashes, an equals sign and a separate argument are alike",
        arguments: [
            ["-addr", "a:1"], ["--addr", "a:1"], ["-addr=a:1"], ["--addr=a:1"],
        ])
    func spellings(_ arguments: [String]) throws {
        #expect(try parse(arguments).options.address == "a:1")
    }

    @Test("Only the first equals sign ends the name")
    func equalsInValue() throws {
        #expect(try parse(["-addr=a=b="]).options.address == "a=b=")
    }

    @Test("A combining character after the equals sign stays in the value")
    func combiningCharacter() throws {
        let value = try parse(["-addr=\u{301}x"]).options.address
        #expect(Array(value.unicodeScalars) == ["\u{301}", "x"])
    }

    @Test("A value may look like a flag, or be empty")
    func oddValues() throws {
        #expect(try parse(["-addr", "-tls"]).options.address == "-tls")
        #expect(try parse(["-addr", "--"]).options.address == "--")
        #expect(try parse(["-addr="]).options.address == "")
        #expect(try parse(["-addr", "", "-tls"]).options.usesTLS)
    }

    @Test("The last of a repeated flag wins, and a flag that adds up adds up")
    func repeated() throws {
        let options = try parse(["-addr=a", "-header=1", "-tls", "-addr=b", "-header=2"]).options
        #expect(options.address == "b")
        #expect(options.headers == ["1", "2"])
    }

    @Test(
        "A boolean is on when it is named, and takes Go's words after an equals sign",
        arguments: [
            ("-tls", true), ("--tls", true), ("-tls=true", true), ("-tls=TRUE", true),
            ("-tls=True", true), ("-tls=1", true), ("-tls=t", true), ("-tls=T", true),
            ("-tls=false", false), ("-tls=FALSE", false), ("-tls=False", false),
            ("-tls=0", false), ("-tls=f", false), ("-tls=F", false),
        ])
    func booleans(_ argument: String, _ expected: Bool) throws {
        #expect(try parse(["-tls=\(!expected)", argument]).options.usesTLS == expected)
    }

    @Test("A boolean takes no separate argument: it ends the flags")
    func booleanWithoutArgument() throws {
        let (options, rest) = try parse(["-tls", "false", "-addr=a"])
        #expect(options.usesTLS)
        #expect(options.address == "")
        #expect(rest == ["false", "-addr=a"])
    }

    @Test(
        "A bare --, a lone -, an empty argument or a word ends the flags",
        arguments: [
            (["-tls", "--", "-v"], ["-v"]), (["-tls", "-", "-v"], ["-", "-v"]),
            (["-tls", "", "-v"], ["", "-v"]), (["-tls", "word", "-v"], ["word", "-v"]),
            (["-tls"], []), (["-tls", "--"], []),
        ])
    func end(_ arguments: [String], _ rest: [String]) throws {
        let result = try parse(arguments)
        #expect(result.options.usesTLS)
        #expect(!result.options.isVerbose)
        #expect(result.rest == rest)
    }

    @Test("Without arguments the defaults stay")
    func defaults() throws {
        let result = try parse([])
        #expect(result.options == Options())
        #expect(result.rest == [])
    }

    @Test("Help is asked for", arguments: ["-h", "--h", "-help", "--help", "-h=1", "--help=x"])
    func help(_ argument: String) {
        #expect(throws: FlagError.helpRequested) { try parse(["-tls", argument, "-nope"]) }
    }

    @Test("A table that defines -h keeps it")
    func ownHelp() throws {
        let table = FlagTable<Options>(
            program: "", flags: [.string("h", "the host") { $0.address = $1 }])
        var options = Options()
        try table.parse(["-h", "a"], into: &options)
        #expect(options.address == "a")
    }

    @Test("What came before an error is set, and nothing after it")
    func stopsAtError() {
        var options = Options()
        #expect(throws: FlagError.notDefined(name: "nope")) {
            try Options.table(.go).parse(["-addr=a", "-nope", "-tls"], into: &options)
        }
        #expect(options.address == "a")
        #expect(!options.usesTLS)
    }
}

@Suite struct FlagErrorTests {
    @Test(
        "Errors read as Go's",
        arguments: [
            (["-nope"], "flag provided but not defined: -nope"),
            (["--nope=3"], "flag provided but not defined: -nope"),
            (["-TLS"], "flag provided but not defined: -TLS"),
            (["-tl"], "flag provided but not defined: -tl"),
            (["-addr"], "flag needs an argument: -addr"),
            (["--addr"], "flag needs an argument: -addr"),
            (["---addr=x"], "bad flag syntax: ---addr=x"),
            (["---"], "bad flag syntax: ---"),
            (["-=x"], "bad flag syntax: -=x"),
            (["--=x"], "bad flag syntax: --=x"),
            (["-tls=maybe"], #"invalid boolean value "maybe" for -tls: parse error"#),
            (["-tls="], #"invalid boolean value "" for -tls: parse error"#),
            (["-tls=yes\n"], #"invalid boolean value "yes\n" for -tls: parse error"#),
            (["-timeout", "5"], #"invalid value "5" for flag -timeout: parse error"#),
            (["-timeout="], #"invalid value "" for flag -timeout: parse error"#),
            (["-timeout", #"a"b\"#], #"invalid value "a\"b\\" for flag -timeout: parse error"#),
            (["-port=x"], #"invalid value "x" for flag -port: parse error"#),
            (["-port=70000"], #"invalid value "70000" for flag -port: value out of range"#),
            (["-header="], #"invalid value "" for flag -header: it is empty"#),
        ])
    func goWording(_ arguments: [String], _ text: String) {
        #expect(errorText(arguments) == text)
    }

    @Test(
        "In plain wording a refused value comes with a reason and a way out",
        arguments: [
            (
                ["--tls=maybe"],
                #"invalid boolean value "maybe" for -tls: "#
                    + "not a boolean: use true or false"
            ),
            (
                ["--timeout=soon"],
                #"invalid value "soon" for flag -timeout: "#
                    + "not a duration: use a number with ns, us, ms, s, m or h, such as 1m30s"
            ),
            (
                ["--timeout=5"],
                #"invalid value "5" for flag -timeout: "#
                    + "no unit: use 5s, or ms, m, h"
            ),
            (
                ["--port=x"],
                #"invalid value "x" for flag -port: not a number: use digits only"#
            ),
            (
                ["--port=0"],
                #"invalid value "0" for flag -port: out of range: use a number from 1 to 65535"#
            ),
            (
                ["--min-ram=12XB"],
                #"invalid value "12XB" for flag -min-ram: "#
                    + "not a size: use a number with B, KiB, MiB, GiB, TiB, KB, MB, GB or TB"
            ),
            (["--header="], #"invalid value "" for flag -header: it is empty"#),
            (["--nope"], "flag provided but not defined: -nope"),
        ])
    func plainWording(_ arguments: [String], _ text: String) {
        #expect(errorText(arguments, .plain) == text)
    }

    @Test("Help has a text too, as Go's ErrHelp")
    func help() {
        #expect(errorText(["-h"]) == "flag: help requested")
    }
}
