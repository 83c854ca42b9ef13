// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@testable import HealthProbe

@Suite struct ProbeCauseTests {
    private func greeting(_ bytes: [UInt8]) -> ProbeCause? {
        bytes.withUnsafeBytes { ProbeCause(greeting: $0) }
    }

    @Test("A server that speaks no HTTP/2 is known by its first bytes")
    func greetings() {
        #expect(greeting([0, 0, 0, 4, 0, 0, 0, 0, 0]) == nil)
        #expect(greeting([0, 0]) == nil)
        #expect(greeting([0x15, 3, 1, 0, 2]) == .tls)
        #expect(greeting(Array("HTTP/1.1 400 Bad Request\r\n".utf8)) == .http1)
        #expect(greeting(Array("HTTP/1.0 400\r\n\r\nto an HTTPS server.".utf8)) == .tls)
        #expect(greeting(Array("SSH-2.0-x".utf8)) == .notHTTP2(Array("SSH-2.0-x".utf8)))
        let text = greeting([0x1b, 0x5b, 0x32, 0x4a] + [UInt8](repeating: 7, count: 99))?.text
        #expect(text?.contains(#"it began with "\x1b[2J\a\a"#) == true)
    }

    @Test("Addresses alternate between the families, beginning with the preferred one")
    func interleaving() {
        let addresses = ["::1", "::2", "::3", "1.1.1.1", "2.2.2.2"].compactMap {
            SocketAddress(numeric: $0, port: 80)
        }
        #expect(
            ProbeRace.interleaved(addresses).map { $0.text } == [
                "[::1]:80", "1.1.1.1:80", "[::2]:80", "2.2.2.2:80", "[::3]:80",
            ])
        #expect(ProbeRace.interleaved([]).isEmpty)
    }

    @Test("Of two causes the one that got further counts")
    func progress() {
        let order: [ProbeCause] = [
            .connect(to: "a", .networkUnreachable), .connect(to: "a", .connectionRefused),
            .connectTimedOut(to: "a"), .backlogFull(of: "a"), .silent, .hungUp, .http1,
        ]
        for (near, far) in zip(order, order.dropFirst()) { #expect(near.progress < far.progress) }
    }

    @Test("An address is the same host on any port, and in one family only")
    func hosts() throws {
        let one = try #require(SocketAddress(numeric: "127.0.0.1", port: 1))
        let two = try #require(SocketAddress(numeric: "127.0.0.1", port: 2))
        let six = try #require(SocketAddress(numeric: "::1", port: 1))
        let unix = try #require(SocketAddress(unixPath: "/x"))
        #expect(one.isSameHost(as: two))
        #expect(!one.isSameHost(as: six))
        #expect(!unix.isSameHost(as: unix))
        #expect(one.isLoopback && six.isLoopback && !unix.isLoopback)
        for other in ["::", "::2", "1::1", "128.0.0.1"] {
            #expect(SocketAddress(numeric: other, port: 1)?.isLoopback == false)
        }
    }
}
