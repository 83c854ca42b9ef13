// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProbe
import Testing

@Suite struct ProbeOptionsTests {
    @Test("Every flag of the contract reaches its option")
    func allFlags() throws {
        var options = ProbeOptions()
        let rest = try ProbeOptions.flags.parse(
            [
                "-addr", "h:80", "-service=s", "--user-agent=u", "-connect-timeout", "300ms",
                "-rpc-timeout=1m30s", "-rpc-header", "A: b", "-rpc-header=c:d", "-tls",
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
        expected.rpcHeaders = [try RPCHeader("a:b"), try RPCHeader("c:d")]
        expected.usesTLS = true
        expected.skipsVerification = true
        expected.caCertificate = "ca.pem"
        expected.clientCertificate = "cert.pem"
        expected.clientKey = "key.pem"
        expected.serverName = "n"
        expected.usesALTS = true
        expected.usesSPIFFE = true
        expected.usesGzip = true
        expected.isVerbose = true
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
        #expect(!options.usesTLS)
    }

    @Test("The usage text has a line for every flag, and each default that is not zero")
    func usage() {
        let lines = ProbeOptions.flags.usage.split(separator: "\n")
        #expect(lines.first == "Usage:")
        #expect(
            lines.filter { $0.utf8.starts(with: "  -".utf8) } == [
                "  -addr string", "  -alts", "  -connect-timeout duration",
                "  -exit-profile name", "  -expected-spiffe-id string", "  -gzip", "  -json",
                "  -list", "  -rpc-header value",
                "  -rpc-timeout duration", "  -service string", "  -services names", "  -spiffe",
                "  -tls", "  -tls-ca-cert string", "  -tls-client-cert string",
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
        #expect(
            ProbeInvocation(arguments: ["-addr=:80", "-service", "s", "--", "-tls"])
                == .check(options))
        #expect(
            ProbeInvocation(arguments: ["-addr=:80", "-service", "s", "-tls=0", "rest", "-tls"])
                == .check(options))
    }

    @Test("A bad address is the driver's to report, as a connection that failed")
    func badAddress() {
        var options = ProbeOptions()
        options.address = "nonsense"
        #expect(ProbeInvocation(arguments: ["-addr", "nonsense"]) == .check(options))
    }

    @Test("-version goes before every other check", arguments: [[], ["-rpc-timeout=0", "-alts"]])
    func version(_ others: [String]) {
        #expect(ProbeInvocation(arguments: others + ["-version"]) == .printOutput(text: "0.1.0\n"))
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
        #expect(
            ProbeInvocation(arguments: arguments)
                == .refuse(text: text + "\n" + ProbeOptions.flags.usage))
    }
}
