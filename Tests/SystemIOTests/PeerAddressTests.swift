// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@Suite("A peer's address")
struct PeerAddressTests {
    private func peer(_ text: String, _ port: UInt16 = 80) throws -> PeerAddress {
        PeerAddress(try #require(SocketAddress(numeric: text, port: port)))
    }

    @Test(
        "It is written as a person writes it, IPv4 in the form of IPv6 as IPv4",
        arguments: [
            ("127.0.0.1", "127.0.0.1:80"), ("255.1.2.3", "255.1.2.3:80"),
            ("::ffff:192.0.2.1", "192.0.2.1:80"), ("::1", "[::1]:80"),
            ("2001:db8::1:2", "[2001:db8::1:2]:80"), ("fe80::ff", "[fe80::ff]:80"),
        ])
    func text(_ address: String, _ expected: String) throws {
        #expect(try peer(address).text == expected)
        let unix = PeerAddress(try #require(SocketAddress(unixPath: "/run/x")))
        #expect(unix.text == "unix:")
    }

    @Test("IPv4 shares by address in any notation, IPv6 by /64")
    func networks() throws {
        #expect(try peer("192.0.2.1").network == peer("::ffff:192.0.2.1", 443).network)
        #expect(try peer("192.0.2.1").network != peer("192.0.2.2").network)
        #expect(try peer("2001:db8::1").network == peer("2001:db8::ffff:0:2").network)
        #expect(try peer("2001:db8::1").network != peer("2001:db8:0:1::1").network)
        #expect(try peer("0.0.0.0").network != peer("::").network)
    }

    @Test(
        "This machine's own addresses are known",
        arguments: [
            ("127.0.0.1", true), ("127.9.9.9", true), ("::ffff:127.0.0.1", true), ("::1", true),
            ("126.0.0.1", false), ("::2", false), ("::", false), ("2001:db8::1", false),
            ("10.0.0.1", false),
        ])
    func local(_ address: String, _ expected: Bool) throws {
        #expect(try peer(address).isLocal == expected)
        #expect(PeerAddress(try #require(SocketAddress(unixPath: "@x"))).isLocal)
    }
}
