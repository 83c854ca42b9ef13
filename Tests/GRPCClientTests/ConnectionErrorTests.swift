// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@testable import GRPCClient

@Suite struct ConnectionErrorTests {
    private func greeting(_ bytes: [UInt8]) -> ConnectionError? {
        bytes.withUnsafeBytes { ConnectionError(greeting: $0) }
    }

    @Test("A server that speaks no HTTP/2 is known by its first bytes")
    func greetings() {
        #expect(greeting([0, 0, 0, 4, 0, 0, 0, 0, 0]) == nil)
        #expect(greeting([0, 0]) == nil)
        #expect(greeting([0x15, 3, 1, 0, 2]) == .needsTLS)
        #expect(greeting(Array("HTTP/1.1 400 Bad Request\r\n".utf8)) == .http1)
        #expect(greeting(Array("HTTP/1.0 400\r\n\r\nto an HTTPS server.".utf8)) == .needsTLS)
        #expect(greeting(Array("SSH-2.0-x".utf8)) == .notHTTP2(Array("SSH-2.0-x".utf8)))
        let text = greeting([0x1b, 0x5b, 0x32, 0x4a] + [UInt8](repeating: 7, count: 99))?.text
        #expect(text?.contains(#"it began with "\x1b[2J\a\a"#) == true)
    }

    @Test("Of two failures the one that got further counts")
    func progress() {
        let order: [ConnectionError] = [
            .connect(to: "a", .networkUnreachable), .connect(to: "a", .connectionRefused),
            .connectTimedOut(to: "a"), .backlogFull(of: "a"), .silent, .closed, .http1,
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
