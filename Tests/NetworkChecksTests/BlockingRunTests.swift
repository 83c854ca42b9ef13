// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import StatusBoard
import Synchronization
import SystemIO
import Testing

@testable import NetworkChecks

@Suite("Checks that run once, over a connection that blocks")
struct BlockingRunTests {
    private static let page = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

    private func result(
        _ port: UInt16, _ options: [String: [String]] = [:], timeout: Duration = .seconds(5)
    ) throws -> CheckResult? {
        try HTTPCheck("http://127.0.0.1:\(port)/", CheckOptions(options)).runOnce(within: timeout)
    }

    @Test("What comes in pieces is put together")
    func pieces() throws {
        let target = try ScriptedTarget { peer in
            _ = peer.receive()
            for byte in Self.page { peer.send(String(byte)) }
        }
        let found = try result(target.port, ["body": ["ok"]])
        #expect(found?.state == .healthy)
        #expect(found.map { $0.duration > .zero } == true)
        target.stop()
    }

    @Test("A target that is silent, and one whose answer has no end, are told apart")
    func hanging() throws {
        let silent = try ScriptedTarget { $0.waitForEnd() }
        let time = Duration.milliseconds(80)
        #expect(
            try result(silent.port, timeout: time)?.cause
                == "timed out after 0.08 s: connected, but no answer")
        silent.stop()
        let endless = try ScriptedTarget { peer in
            _ = peer.receive()
            peer.send("HTTP/1.1 200 OK\r\n")
            peer.waitForEnd()
        }
        #expect(
            try result(endless.port, timeout: time)?.cause
                == "timed out after 0.08 s: its answer has no end")
        endless.stop()
    }

    @Test("A target that refuses, and one that closes, are unhealthy with the reason")
    func closing() throws {
        let target = try ScriptedTarget { _ = $0.receive() }
        #expect(try result(target.port)?.cause == "it closed the connection without a response")
        target.stop()
        let refused = try ScriptedTarget { _ in }
        refused.stop()
        #expect(try result(refused.port)?.cause.contains("refused") == true)
    }

    @Test("Like curl, it takes success and redirection for good, and nothing else")
    func asCurl() throws {
        for (status, state) in [
            ("200", Outcome.State.healthy), ("302", .healthy), ("399", .healthy),
            ("400", .unhealthy), ("503", .unhealthy),
        ] {
            let target = try ScriptedTarget { peer in
                _ = peer.receive()
                peer.send("HTTP/1.1 \(status) X\r\ncontent-length: 0\r\n\r\n")
            }
            let found = try HTTPCheck(asCurl: "http://127.0.0.1:\(target.port)/x").runOnce(
                within: .seconds(5))
            #expect(found?.state == state, "\(status)")
            #expect(found?.cause == (state == .healthy ? "" : "it answers with \(status)"))
            target.stop()
        }
    }

    @Test("A name, which has several addresses, is tried as an address is")
    func name() throws {
        let target = try ScriptedTarget { peer in
            _ = peer.receive()
            peer.send(Self.page)
        }
        let check = try HTTPCheck(asCurl: "http://localhost:\(target.port)/")
        #expect(check.runOnce(within: .seconds(5))?.state == .healthy)
        target.stop()
    }

    @Test("A thousand runs leave no connection and no descriptor")
    func runs() throws {
        let target = try ScriptedTarget { peer in
            _ = peer.receive()
            peer.send(Self.page)
            peer.waitForEnd()
        }
        let check = try HTTPCheck("http://127.0.0.1:\(target.port)/", CheckOptions())
        for _ in 0..<1_000 { #expect(check.runOnce(within: .seconds(5))?.state == .healthy) }
        #expect(target.connections.load(ordering: .relaxed) == 1_000)
        target.stop()
    }
}
