// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HealthProtocol
import Testing

@testable import HealthProbe

@Suite struct ProbeVerdictTests {
    @Test(
        "Every verdict has upstream's first line and exit code",
        arguments: [
            (.answered(.serving), 0, "status: SERVING"),
            (.answered(.unknown), 4, #"service unhealthy (responded with "UNKNOWN")"#),
            (.answered(.notServing), 4, #"service unhealthy (responded with "NOT_SERVING")"#),
            (
                .answered(.serviceUnknown), 4,
                #"service unhealthy (responded with "SERVICE_UNKNOWN")"#
            ),
            (.answered(ServingStatus(rawValue: 7)), 4, #"service unhealthy (responded with "7")"#),
            (
                .answered(ServingStatus(rawValue: -1)), 4,
                #"service unhealthy (responded with "-1")"#
            ),
            (
                .connectTimedOut(address: "localhost:80", .seconds(1)), 2,
                #"timeout: failed to connect service "localhost:80" within 1s"#
            ),
            (
                .connectTimedOut(address: "a\u{1b}\"", .milliseconds(1500)), 2,
                #"timeout: failed to connect service "a\x1b\"" within 1.5s"#
            ),
            (
                .unimplemented(message: "unknown service grpc.health.v1.Health"), 3,
                "error: this server does not implement the grpc health protocol "
                    + "(grpc.health.v1.Health): unknown service grpc.health.v1.Health"
            ),
            (
                .rpcTimedOut(.milliseconds(300)), 3,
                "timeout: health rpc did not complete within 300ms"
            ),
            (
                .rpcFailed(Status(.notFound, "unknown service")), 3,
                "error: health rpc failed: rpc error: code = NotFound desc = unknown service"
            ),
            (
                .rpcFailed(Status(StatusCode(rawValue: 42), "a\u{1b}[2J\n")), 3,
                #"error: health rpc failed: rpc error: code = Code(42) desc = a\x1b[2J\n"#
            ),
            (
                .rpcFailed(Status(.unavailable, "")), 3,
                "error: health rpc failed: rpc error: code = Unavailable desc = "
            ),
            (
                .tlsCredentialsFailed(reason: "no root CA certs parsed from file F"), 1,
                "failed to initialize tls credentials. error=no root CA certs parsed from file F"
            ),
            (
                .spiffeCredentialsFailed(
                    reason: "workload endpoint socket address is not configured"), 20,
                "failed to initialize tls credentials with spiffe. "
                    + "error=workload endpoint socket address is not configured"
            ),
        ] as [(ProbeVerdict, Int32, String)])
    func verdicts(_ verdict: ProbeVerdict, _ exitCode: Int32, _ text: String) {
        #expect(verdict.text == text)
        #expect(verdict.exitCode.rawValue == exitCode)
    }

    @Test(
        "A failed RPC is judged by its code",
        arguments: [
            (.deadlineExceeded, .rpcTimedOut(.seconds(2))),
            (.unimplemented, .unimplemented(message: "m")),
            (.notFound, .rpcFailed(Status(.notFound, "m"))),
        ] as [(StatusCode, ProbeVerdict)])
    func failures(_ code: StatusCode, _ verdict: ProbeVerdict) {
        #expect(ProbeVerdict(failure: Status(code, "m"), timeout: .seconds(2)) == verdict)
    }
}

@Suite struct ProbeMessageTests {
    @Test(
        "Status codes have Go's names",
        arguments: [
            (0, "OK"), (1, "Canceled"), (2, "Unknown"), (3, "InvalidArgument"),
            (4, "DeadlineExceeded"), (5, "NotFound"), (6, "AlreadyExists"),
            (7, "PermissionDenied"), (8, "ResourceExhausted"), (9, "FailedPrecondition"),
            (10, "Aborted"), (11, "OutOfRange"), (12, "Unimplemented"), (13, "Internal"),
            (14, "Unavailable"), (15, "DataLoss"), (16, "Unauthenticated"), (17, "Code(17)"),
            (42, "Code(42)"), (.max, "Code(4294967295)"),
        ] as [(UInt32, String)])
    func statusCodes(_ code: UInt32, _ name: String) {
        #expect(ProbeMessage.statusCode(StatusCode(rawValue: code)) == name)
    }

    @Test("A server's text is bounded, whatever it holds")
    func serverText() {
        let long = String(repeating: "é", count: 600)
        #expect(ProbeMessage.serverText(long) == String(repeating: "é", count: 512) + " [cut]")
        let controls = String(repeating: "\u{1b}", count: 2000)
        #expect(
            ProbeMessage.serverText(controls) == String(repeating: #"\x1b"#, count: 256) + " [cut]")
        let fits = String(repeating: "x", count: 1024)
        #expect(ProbeMessage.serverText(fits) == fits)
    }

    @Test(
        "A signal has Go's name",
        arguments: [
            (15, "cancellation received (signal: terminated)"),
            (2, "cancellation received (signal: interrupt)"),
            (1, "cancellation received (signal: hangup)"),
            (40, "cancellation received (signal: signal 40)"),
        ] as [(CInt, String)])
    func signals(_ signal: CInt, _ text: String) {
        #expect(ProbeMessage.cancellation(signal: signal) == text)
    }

    @Test("The lines of -v for a plain connection")
    func verbose() {
        var options = ProbeOptions()
        options.address = "h:80"
        #expect(
            ProbeMessage.parsedOptions(options) == [
                "parsed options:", "> addr=h:80 conn_timeout=1s rpc_timeout=1s", "> tls=false",
                "> alts=false", "> spiffe=false",
            ])
        #expect(ProbeMessage.lines(.connecting) == ["establishing connection"])
        let link = ProbeLink(
            address: "127.0.0.1:80", agreement: nil, time: .microseconds(1250))
        #expect(
            ProbeMessage.lines(.connected { link }) == [
                "connection established (took 1.25ms)", "> address=127.0.0.1:80",
            ])
        var times = ProbeTimes()
        (times.resolve, times.connect, times.rpc) = (
            .microseconds(1), .microseconds(2), .milliseconds(2)
        )
        let report = ProbeReport(
            decisive: .init(service: "", verdict: .answered(.notServing), reason: "queue"),
            times: times)
        #expect(
            ProbeMessage.lines(report) == [
                "time elapsed: connect=3µs rpc=2ms", "reason of the server: queue",
            ])
        let failure = ProbeReport(
            verdict: .rpcTimedOut(.seconds(1)), cause: "no route", times: times, isConnected: true)
        #expect(
            failure.text == "timeout: health rpc did not complete within 1s\ncause: no route\n")
    }

    @Test("The lines of -v with headers and TLS")
    func verboseTLS() throws {
        var options = ProbeOptions()
        options.address = "h:80"
        options.rpcHeaders = [try RPCHeader("A: b"), try RPCHeader("c: d")]
        options.transport.usesTLS = true
        options.transport.caCertificate = "ca.pem"
        options.transport.serverName = "n"
        #expect(
            ProbeMessage.parsedOptions(options) == [
                "parsed options:", "> addr=h:80 conn_timeout=1s rpc_timeout=1s",
                #"> headers: a: "b", c: "d""#, "> tls=true", "  > no-verify=false",
                "  > ca-cert=ca.pem", "  > client-cert=", "  > client-key=", "  > server-name=n",
                "> alts=false", "> spiffe=false",
            ])
    }
}
