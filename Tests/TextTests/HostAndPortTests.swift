// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Text

@Suite("A host with a port")
struct HostAndPortTests {
    @Test(
        "It is read from HOST:PORT, with brackets around an IPv6 address",
        arguments: [
            ("10.0.0.7:80", "10.0.0.7:80"), ("[::1]:80", "[::1]:80"),
            ("h.example:65535", "h.example:65535"), ("[h]:1", "h:1"), ("h:080", "h:80"),
            ("10.0.0.7", nil), ("[::1]", nil), (":80", nil), ("[]:80", nil), ("", nil),
            ("h:0", nil), ("h:65536", nil), ("h:99999999999999999999", nil), ("h:", nil),
            ("h:+1", nil), ("h:1 ", nil), ("::1:80", nil), ("[::1", nil), ("[::1]80", nil),
            ("a b:80", nil), ("u@h:80", nil), ("h/x:80", nil), ("h\u{e4}:80", nil),
        ] as [(String, String?)])
    func reading(_ text: String, _ expected: String?) {
        #expect(HostAndPort(text.utf8[...])?.text == expected)
    }

    @Test("A port that is missing is the usual one, and a wrong one is wrong")
    func usualPort() {
        #expect(HostAndPort("h", defaultPort: 53) == HostAndPort(host: "h", port: 53))
        #expect(HostAndPort("[::1]", defaultPort: 53) == HostAndPort(host: "::1", port: 53))
        #expect(HostAndPort("h:", defaultPort: 53) == nil)
        #expect(HostAndPort("h:x", defaultPort: 53) == nil)
    }

    @Test("Any free port can be listened at, and not connected to")
    func anyPort() {
        for (text, port) in [
            ("0", 0), ("00", 0), ("80", 80), ("65535", 65_535), ("", nil), ("+80", nil),
            ("65536", nil), ("-0", nil),
        ] as [(String, UInt16?)] {
            #expect(HostAndPort.listenPort(text.utf8[...]) == port)
            #expect(HostAndPort.port(text.utf8[...]) == (port == 0 ? nil : port))
        }
    }

    @Test("A host that does not end says why")
    func faults() {
        for (text, fault) in [
            ("[::1", HostAndPortFault.bracketMissing), ("[::1]x", .bracketMissing),
            ("::1", .bracketsNeeded), ("h:1:2", .bracketsNeeded),
        ] {
            #expect(throws: fault) { try HostAndPort.split(text.utf8[...]) }
        }
    }
}

extension HostAndPort {
    fileprivate init?(_ text: String, defaultPort: UInt16) {
        self.init(text.utf8[...], defaultPort: defaultPort)
    }
}
