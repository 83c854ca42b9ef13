// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SkillRuntime

@Suite("The operators' address")
struct AdminAddressTests {
    @Test(
        "A Unix socket, or a port of this machine alone",
        arguments: [
            ("unix:/run/admin", "unix:/run/admin"),
            ("127.0.0.1:80", "127.0.0.1:80"), ("127.9.9.9:0", "127.9.9.9:0"),
            ("[::1]:65535", "[::1]:65535"),
        ])
    func good(_ text: String, _ address: String) throws {
        #expect(try #require(AdminAddress(text)).address.text == address)
    }

    @Test(
        "What others reach, or what is none, is refused",
        arguments: [
            "", "unix:", "unix:\(String(repeating: "x", count: 108))", "unix:a\0b", "0.0.0.0:80",
            "[::]:80", "192.168.0.1:80", "[fe80::1]:80", "[::ffff:127.0.0.1]:80", "::1:80",
            "[127.0.0.1]:80", "[::1]", "[]:80", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
            "127.0.0.1:-1", "localhost:80", "/run/admin", "unix:@admin",
        ])
    func bad(_ text: String) {
        #expect(AdminAddress(text) == nil)
    }
}
