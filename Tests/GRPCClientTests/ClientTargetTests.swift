// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCClient
import Testing

@Suite struct ClientTargetTests {
    @Test(
        "A host and a port stand in all of gRPC's forms",
        arguments: [
            ("localhost:50051", "localhost", 50051, "localhost:50051"),
            ("127.0.0.1:80", "127.0.0.1", 80, "127.0.0.1:80"),
            ("[::1]:8080", "::1", 8080, "[::1]:8080"),
            ("[fe80::1%eth0]:80", "fe80::1%eth0", 80, "[fe80::1%25eth0]:80"),
            ("[fe80::1%25eth0]:80", "fe80::1%eth0", 80, "[fe80::1%25eth0]:80"),
            ("dns:///[fe80::1%25eth0]:80", "fe80::1%eth0", 80, "[fe80::1%25eth0]:80"),
            ("dns:[fe80::1%eth0]", "fe80::1%eth0", 443, "[fe80::1%25eth0]"),
            ("[fe80::1%25]:80", "fe80::1%25", 80, "[fe80::1%2525]:80"),
            ("DNS:///H:80", "H", 80, "H:80"), ("Dns:h:80", "h", 80, "h:80"),
            ("PASSTHROUGH:///h:80", "h", 80, "h:80"), ("dns:/h:80", "h", 80, "h:80"),
            ("dns:///%68%6F%6f:8%30", "hoo", 80, "hoo:80"),
            ("10.0.0.1.example:80", "10.0.0.1.example", 80, "10.0.0.1.example:80"),
            ("7:80", "7", 80, "7:80"), ("0.0.0.0:80", "0.0.0.0", 80, "0.0.0.0:80"),
            ("[localhost]:80", "localhost", 80, "[localhost]:80"),
            (":5000", "localhost", 5000, "localhost:5000"),
            ("a.svc.cluster.local.:1", "a.svc.cluster.local.", 1, "a.svc.cluster.local.:1"),
            ("under_score:65535", "under_score", 65535, "under_score:65535"),
            ("h:0080", "h", 80, "h:0080"),
            ("dns:///h:80", "h", 80, "h:80"),
            ("dns:h:80", "h", 80, "h:80"),
            ("dns:///:80", "localhost", 80, "localhost:80"),
            ("dns:///[::1]:80", "::1", 80, "[::1]:80"),
            ("dns:///h", "h", 443, "h"),
            ("dns:///[::1]", "::1", 443, "[::1]"),
            ("passthrough:///h:80", "h", 80, "h:80"),
            ("passthrough:h:80", "h", 80, "h:80"),
            ("passthrough:///[::1]:80", "::1", 80, "[::1]:80"),
            ("dnss:80", "dnss", 80, "dnss:80"),
            ("http:80", "http", 80, "http:80"),
        ] as [(String, String, UInt16, String)])
    func hosts(_ address: String, _ host: String, _ port: UInt16, _ authority: String) throws {
        let target = try ClientTarget(address)
        #expect(target.endpoint == .host(host, port: port))
        #expect(target.authority == authority)
    }

    @Test(
        "A Unix socket has a relative, an absolute or an abstract path",
        arguments: [
            ("unix:run/grpc.sock", "run/grpc.sock"), ("unix:/run/grpc.sock", "/run/grpc.sock"),
            ("unix:///run/grpc.sock", "/run/grpc.sock"), ("unix:a:80", "a:80"),
            ("unix:@name", "@name"), ("unix-abstract:name", "@name"), ("unix:/é b", "/é b"),
            ("unix:/a%20b", "/a b"), ("unix:///a%2fb%C3%A9", "/a/bé"), ("UNIX:///a", "/a"),
            ("Unix:a", "a"), ("unix:a%20b", "a%20b"), ("unix-abstract:///a%20b", "@/a b"),
        ])
    func paths(_ address: String, _ path: String) throws {
        let target = try ClientTarget(address)
        #expect(target.endpoint == .unix(path: path))
        #expect(target.authority == "localhost")
    }

    @Test(
        "An address that can never connect says why",
        arguments: [
            ("nonsense", "the address has no port: use host:port"),
            ("localhost:", "the address has no port: use host:port"),
            ("[::1]", "the address has no port: use host:port"),
            ("passthrough:///h", "the address has no port: use host:port"),
            (
                "h:65536",
                #"the address has a bad port "65536": use a number from 1 to 65535"#
            ),
            ("h:0", #"the address has a bad port "0": use a number from 1 to 65535"#),
            ("h:-1", #"the address has a bad port "-1": use a number from 1 to 65535"#),
            ("h:+1", #"the address has a bad port "+1": use a number from 1 to 65535"#),
            ("h:80/x", #"the address has a bad port "80/x": use a number from 1 to 65535"#),
            ("h:http", #"the address has a bad port "http": use a number from 1 to 65535"#),
            (":\u{1b}", #"the address has a bad port "\x1b": use a number from 1 to 65535"#),
            ("dns:///", "the address has no host: use host:port"),
            (
                "010.0.0.1:80",
                #"the address has a bad IPv4 address "010.0.0.1": use four numbers from 0 to 255 "#
                    + "without leading zeros"
            ),
            (
                "dns:///1.2.3.04",
                #"the address has a bad IPv4 address "1.2.3.04": use four numbers from 0 to 255 "#
                    + "without leading zeros"
            ),
            (
                "127.1:80",
                #"the address has a bad IPv4 address "127.1": use four numbers from 0 to 255 "#
                    + "without leading zeros"
            ),
            (
                "unix:/a%2",
                #"the address has a bad % in "/a%2": use two hexadecimal digits after it, and "#
                    + "%25 for the % itself"
            ),
            (
                "dns:///[fe80::1%eth0]:80",
                #"the address has a bad % in "/[fe80::1%eth0]:80": use two hexadecimal digits "#
                    + "after it, and %25 for the % itself"
            ),
            (
                "unix:/a%00b",
                #"the address has a bad % in "/a%00b": use two hexadecimal digits after it, and "#
                    + "%25 for the % itself"
            ),
            ("a%20b:80", #"the address has a bad host "a%20b": use a name or an IP address"#),
            ("[]:80", "the address has no host: use host:port"),
            ("a b:80", #"the address has a bad host "a b": use a name or an IP address"#),
            ("é:80", #"the address has a bad host "é": use a name or an IP address"#),
            ("a\r\nb:80", #"the address has a bad host "a\r\nb": use a name or an IP address"#),
            ("u@h:80", #"the address has a bad host "u@h": use a name or an IP address"#),
            ("h]:80", #"the address has a bad host "h]": use a name or an IP address"#),
            (
                "::1:8080",
                "the address has too many colons: use brackets for IPv6, as in [::1]:port"
            ),
            ("[::1:80", "the address has unpaired brackets: use [::1]:port"),
            ("[::1]80", "the address has unpaired brackets: use [::1]:port"),
            ("unix:", "the address has no path: use unix:PATH"),
            ("unix://", "the address has no path: use unix:PATH"),
            ("unix-abstract:", "the address has no path: use unix:PATH"),
            (
                "unix://run/x",
                "the path of unix:// is not absolute: use unix:///PATH or unix:PATH"
            ),
            (
                "dns://8.8.8.8/h:80",
                "the address names a resolver, which is not supported: use dns:///host:port"
            ),
            (
                "http://h:80",
                #"the address has an unknown scheme "http": use host:port"#
            ),
            ("xds:///h", #"the address has an unknown scheme "xds": use host:port"#),
        ])
    func refused(_ address: String, _ text: String) {
        let error = #expect(throws: ClientTargetError.self) { try ClientTarget(address) }
        #expect(error?.text == text)
    }
}
