// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import Flags
import Testing

@testable import HealthProbe

@Suite struct ProbeOptionsTests {
    @Test("Every flag of the contract reaches its option")
    func allFlags() throws {
        var options = ProbeOptions()
        let rest = try ProbeOptions.flags.parse(
            [
                "-addr", "h:80", "-service=s", "--user-agent=u", "-connect-timeout", "300ms",
                "-rpc-timeout=1m30s", "-timeout=2m", "-rpc-header", "A: b", "-rpc-header=c:d",
                "-tls",
                "-tls-no-verify", "-tls-ca-cert=ca.pem", "-tls-client-cert=cert.pem",
                "-tls-client-key=key.pem", "-tls-server-name=n", "-alts", "-spiffe", "-gzip", "-v",
                "-version",
            ], into: &options)
        #expect(rest.isEmpty)
        var expected = ProbeOptions()
        expected.address = "h:80"
        expected.service = "s"
        expected.userAgent = "u"
        expected.connectTimeout = .milliseconds(300)
        expected.rpcTimeout = .seconds(90)
        expected.timeout = .seconds(120)
        expected.rpcHeaders = [try RPCHeader("a:b"), try RPCHeader("c:d")]
        expected.transport.usesTLS = true
        expected.transport.skipsVerification = true
        expected.transport.caCertificate = "ca.pem"
        expected.transport.clientCertificate = "cert.pem"
        expected.transport.clientKey = "key.pem"
        expected.transport.serverName = "n"
        expected.transport.usesALTS = true
        expected.transport.usesSPIFFE = true
        expected.usesGzip = true
        expected.output.isVerbose = true
        expected.showsVersion = true
        #expect(options == expected)
    }

    @Test("The defaults are upstream's")
    func defaults() {
        let options = ProbeOptions()
        #expect(options.userAgent == "grpc_health_probe")
        #expect(options.connectTimeout == .seconds(1))
        #expect(options.rpcTimeout == .seconds(1))
        #expect(options.service == "")
        #expect(!options.transport.usesTLS)
    }

    @Test("The usage text has a line for every flag, and each default that is not zero")
    func usage() {
        let lines = ProbeOptions.flags.usage.split(separator: "\n")
        #expect(lines.prefix(2) == ["Usage:", "  grpc_health_probe -addr=ADDRESS [flags]"])
        #expect(lines.filter { $0.hasPrefix("  grpc_health_probe ") }.count == 4)
        for code in [0, 1, 2, 3, 4, 20] { #expect(lines.contains { $0.hasPrefix("  \(code) ") }) }
        #expect(
            lines.filter { $0.utf8.starts(with: "  -".utf8) } == [
                "  -addr string", "  -alts", "  -connect-timeout duration",
                "  -exit-profile name", "  -expected-spiffe-id string", "  -gzip", "  -json",
                "  -list", "  -rpc-header value",
                "  -rpc-timeout duration", "  -service string", "  -services names", "  -spiffe",
                "  -timeout duration", "  -tls", "  -tls-ca-cert string",
                "  -tls-client-cert string",
                "  -tls-client-key string", "  -tls-no-verify", "  -tls-server-name string",
                "  -user-agent string", "  -v\tsay what is being done", "  -version", "  -watch",
            ])
        #expect(
            lines.filter { $0.contains("(default") } == [
                "    \ttime until the connection has to be established (default 1s)",
                "    \texit codes: standard, or docker for 0 and 1 only (default \"standard\")",
                "    \ttime that the health RPC may take (default 1s)",
                "    \tuser-agent header of the RPC (default \"grpc_health_probe\")",
            ])
    }
}

@Suite struct ProbeInvocationTests {
    @Test("A good command line is a check")
    func check() {
        var options = ProbeOptions()
        options.address = ":80"
        options.service = "s"
        #expect(ProbeInvocation(arguments: ["-addr=:80", "-service", "s"]) == .check(options))
        options.unreadHint = #"the flags end at "--", what follows is not read"#
        #expect(
            ProbeInvocation(arguments: ["-addr=:80", "-service", "s", "--", "-tls"])
                == .check(options))
        options.unreadHint = #"the flags end at "rest", what follows is not read"#
        #expect(
            ProbeInvocation(arguments: ["-addr=:80", "-service", "s", "-tls=0", "rest", "-tls"])
                == .check(options))
    }

    @Test("-timeout bounds the time-outs that it stands for, and those that are longer")
    func timeout() {
        var options = ProbeOptions()
        options.timeout = .milliseconds(800)
        #expect(options.connectTimeout == .milliseconds(800))
        #expect(options.rpcTimeout == .milliseconds(800))
        options.connectTimeout = .milliseconds(200)
        options.rpcTimeout = .seconds(5)
        #expect(options.connectTimeout == .milliseconds(200))
        #expect(options.rpcTimeout == .milliseconds(800))
    }

    @Test(
        "White space around the user agent goes, and no control character goes into it",
        arguments: [
            ("a b ", "a b"), ("\u{a0}ü\t", "ü"), ("", ""), ("a\u{1}", nil), ("a\r\nb: c", nil),
        ])
    func userAgent(_ text: String, _ agent: String?) {
        guard
            case .check(let options) = ProbeInvocation(arguments: ["-addr=a", "-user-agent", text])
        else {
            #expect(agent == nil)
            return
        }
        #expect(options.userAgent == agent)
        #expect(
            options.wholeUserAgent == (text.isEmpty ? "" : options.userAgent + " ")
                + "vitals/\(Vitals.version)"
        )
    }

    @Test(
        "A flag that is refused gets a hint where Go's words give none",
        arguments: [
            (["-adr=x"], "did you mean -addr?"),
            (["-rpc-timout", "1s"], "did you mean -rpc-timeout?"),
            (["-connect-timeout", "1"], "no unit: use 1s, or ms, m, h"),
            (
                ["-rpc-timeout=1 s"],
                "not a duration: use a number with ns, us, ms, s, m or h, such as 1m30s"
            ),
            (["-tls=maybe"], "not a boolean: use true or false"),
            (
                ["-tls", "true", "-addr", "x"],
                #"the flags end at "true", what follows is not read: use -tls=true"#
            ),
            (["word", "-addr", "x"], #"the flags end at "word", what follows is not read"#),
            (["-v", "word", "-addr", "x"], #"the flags end at "word", what follows is not read"#),
            (["--", "-addr", "x"], #"the flags end at "--", what follows is not read"#),
            (["-completely-other"], nil), (["-rpc-header=x"], nil), ([], nil),
        ] as [([String], String?)])
    func hints(_ arguments: [String], _ hint: String?) {
        guard case .refuse(let text) = ProbeInvocation(arguments: arguments) else {
            Issue.record("not refused")
            return
        }
        let last = text.split(separator: "\n").last.map { String($0) }
        #expect(last?.hasPrefix("hint: ") == (hint != nil))
        if let hint { #expect(last == "hint: " + hint) }
    }

    @Test("A bad address is the driver's to report, as a connection that failed")
    func badAddress() {
        var options = ProbeOptions()
        options.address = "nonsense"
        #expect(ProbeInvocation(arguments: ["-addr", "nonsense"]) == .check(options))
    }

    @Test("-version goes before every other check", arguments: [[], ["-rpc-timeout=0", "-alts"]])
    func version(_ others: [String]) {
        #expect(
            ProbeInvocation(arguments: others + ["-version"])
                == .printOutput(text: Vitals.versionText))
        #expect(Vitals.versionText.hasPrefix(Vitals.version + "+"))
    }

    @Test("Help is the usage text alone", arguments: ["-h", "-help", "--help"])
    func help(_ argument: String) {
        #expect(
            ProbeInvocation(arguments: [argument, "-version"])
                == .refuse(text: ProbeOptions.flags.usage))
    }

    @Test(
        "An error of the parser stands before the usage text",
        arguments: [
            (["-nope"], "flag provided but not defined: -nope"),
            (["-addr"], "flag needs an argument: -addr"),
            (["---addr=x"], "bad flag syntax: ---addr=x"),
            (["-tls=maybe"], #"invalid boolean value "maybe" for -tls: parse error"#),
            (
                ["-connect-timeout", "5"],
                #"invalid value "5" for flag -connect-timeout: parse error"#
            ),
            (
                ["-rpc-header", "nocolon"],
                #"invalid value "nocolon" for flag -rpc-header: "#
                    + #"invalid RPC header, expected 'key: value', got "nocolon""#
            ),
            (["-version", "-nope"], "flag provided but not defined: -nope"),
        ])
    func parserErrors(_ arguments: [String], _ text: String) {
        guard case .refuse(let printed) = ProbeInvocation(arguments: arguments) else {
            Issue.record("not refused")
            return
        }
        #expect(printed.hasPrefix(text + "\n" + ProbeOptions.flags.usage))
    }
}
