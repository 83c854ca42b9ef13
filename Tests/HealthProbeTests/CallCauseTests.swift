// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCClient
import GRPCWire
import HealthProtocol
import Testing

@testable import HealthProbe

@Suite struct CallCauseTests {
    private func cause(
        _ status: Status, _ failure: ClientCallFailure? = nil, service: String = "",
        names: [String]? = nil
    ) -> String {
        CallCause(
            question: .check([""]), service: service, rpcTimeout: .seconds(1), status: status,
            failure: failure, goAway: nil, interruption: nil, followUp: names.map { .names($0) }
        ).text
    }

    @Test("A name with quotes or spaces at its ends is shown as it is, and explained")
    func oddNames() {
        for (name, shown) in [(#""a""#, #""\"a\"""#), ("'a'", #""'a'""#), ("a ", #""a ""#)] {
            let text = cause(Status(.notFound, ""), service: name)
            #expect(text.contains("the name \(shown) (the quotes or spaces at its ends are a part"))
        }
        #expect(!cause(Status(.notFound, ""), service: "a\"b").contains("quotes"))
    }

    @Test("The names of a server are sorted, cleaned and bounded")
    func names() {
        let some = cause(Status(.notFound, ""), names: ["b\u{1b}[2J", "", "a\n"])
        #expect(some.contains(#"it has "", "a\n", "b\x1b[2J": use"#))
        let many = cause(
            Status(.notFound, ""), names: (0..<500).map { String(repeating: "n", count: $0) })
        #expect(many.utf8.count < 2000)
        #expect(many.contains("and more (500 in all)"))
    }

    @Test("Text of the server is bounded in every cause")
    func bounds() {
        let long = String(repeating: "\u{7}", count: 10_000)
        #expect(cause(Status(.internal, long), .malformed).utf8.count < 500)
        #expect(cause(Status(.internal, ""), .breach(long)).utf8.count < 500)
        #expect(cause(Status(.notFound, ""), service: long).utf8.count < 700)
        #expect(cause(Status(.unknown, ""), .contentType(long)).utf8.count < 500)
        #expect(ConnectionError.http2(text: long).cause.utf8.count < 700)
    }

    @Test("A report is never longer than 4 KB")
    func report() {
        let verdict = ProbeVerdict.connectTimedOut(
            address: String(repeating: "ü", count: 4000), .seconds(1))
        let report = ProbeReport(
            verdict: verdict, cause: "c", times: ProbeTimes(), isConnected: false)
        #expect(report.text.utf8.count <= 4096)
        #expect(report.text.hasSuffix("ü\n"))
    }

    @Test("JSON strings are escaped")
    func json() {
        #expect(ProbeJSON.string(nil) == "null")
        #expect(ProbeJSON.string("a\"\\\n\u{1b}\u{2028}ü") == #""a\"\\\n\u001b\u2028ü""#)
    }

    @Test("Docker knows 0 and 1 only")
    func profiles() {
        for code in [ProbeExitCode.invalidArguments, .connectionFailed, .rpcFailed, .spiffeFailed] {
            #expect(ProbeExitProfile.docker.status(code) == 1)
            #expect(ProbeExitProfile.standard.status(code) == code.rawValue)
        }
        #expect(ProbeExitProfile.docker.status(.serving) == 0)
    }

    @Test(
        "Each flag asks its question",
        arguments: [
            ("", .check([""])), ("-service=a", .check(["a"])),
            ("-services=a,,b", .check(["a", "", "b"])),
            ("-services=", .check([""])), ("-watch -service=a", .watch("a")), ("-list", .list),
            ("-services=a -services=b,c", .check(["b", "c"])),
        ] as [(String, ProbeQuestion)])
    func questions(_ flags: String, _ question: ProbeQuestion) {
        let arguments = ["-addr=a"] + flags.split(separator: " ").map { String($0) }
        guard case .check(let options) = ProbeInvocation(arguments: arguments) else {
            Issue.record("refused")
            return
        }
        #expect(options.question == question)
    }
}
