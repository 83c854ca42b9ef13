// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@testable import Settings

@Suite("An address beside the port")
struct SideAddressTests {
    @Test(
        "A Unix socket, or an IP address with its port",
        arguments: [
            ("unix:/run/admin", "unix:/run/admin", true),
            ("127.0.0.1:80", "127.0.0.1:80", true), ("127.9.9.9:0", "127.9.9.9:0", true),
            ("[::1]:65535", "[::1]:65535", true), ("0.0.0.0:80", "0.0.0.0:80", false),
            ("[::]:80", "[::]:80", false), ("192.168.0.1:80", "192.168.0.1:80", false),
            ("[fe80::1]:80", "[fe80::1]:80", false),
            ("[::ffff:127.0.0.1]:80", "[::ffff:127.0.0.1]:80", false),
        ])
    func good(_ text: String, _ expected: String, _ isLocal: Bool) throws {
        let address = try #require(SideAddress(text))
        #expect(address.address.text == expected && address.isLocal == isLocal)
    }

    @Test(
        "What is none is refused",
        arguments: [
            "", "unix:", "unix:\(String(repeating: "x", count: 108))", "unix:a\0b", "::1:80",
            "[127.0.0.1]:80", "[::1]", "[]:80", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
            "127.0.0.1:-1", "127.0.0.1:+80", "[::1]:+80", "127.0.0.1:80 ", "localhost:80",
            "/run/admin", "unix:@admin",
        ])
    func bad(_ text: String) {
        #expect(SideAddress(text) == nil)
    }
}
