// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SystemIO

@Suite("Socket addresses")
struct SocketAddressTests {
    @Test(
        "Numeric addresses are read and written back",
        arguments: [
            ("127.0.0.1", 80, "127.0.0.1:80"), ("0.0.0.0", 0, "0.0.0.0:0"),
            ("255.255.255.255", 65535, "255.255.255.255:65535"), ("::1", 443, "[::1]:443"),
            ("::", 1, "[::]:1"), ("2001:DB8:0:0:0:0:0:1", 5, "[2001:db8::1]:5"),
            ("::ffff:1.2.3.4", 5, "[::ffff:1.2.3.4]:5"),
            ("fe80::1%lo", 5, "[fe80::1%lo]:5"), ("fe80::1%1", 5, "[fe80::1%lo]:5"),
            ("fe80::1%4000000000", 5, "[fe80::1%4000000000]:5"),
        ] as [(String, UInt16, String)])
    func numeric(_ host: String, _ port: UInt16, _ text: String) throws {
        let address = try #require(SocketAddress(numeric: host, port: port))
        #expect(address.text == text)
        #expect(address.port == port)
        #expect(address.isTCP)
        #expect(address.withSocketAddress { _, length in length } == (host.contains(":") ? 28 : 16))
    }

    @Test(
        "What is no numeric address is refused",
        arguments: [
            "", "localhost", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "[::1]", ":::", "1:2",
            " 1.2.3.4", "1.2.3.4 ", "fe80::1%nope", "fe80::1%", "fe80::1%0", "127.0.0.1%lo", "%lo",
            "12345::",
        ])
    func notNumeric(_ host: String) {
        #expect(SocketAddress(numeric: host, port: 1) == nil)
    }

    @Test(
        "An IP address is 4 bytes or 16, and 4 also in the form of IPv6",
        arguments: [
            ("1.2.3.4", [1, 2, 3, 4]), ("::ffff:1.2.3.4", [1, 2, 3, 4]),
            ("::1", [UInt8](repeating: 0, count: 15) + [1]),
            ("2001:db8::ff", [0x20, 1, 0xd, 0xb8] + [UInt8](repeating: 0, count: 11) + [0xff]),
        ] as [(String, [UInt8])])
    func hostBytes(_ host: String, _ bytes: [UInt8]) throws {
        #expect(try #require(SocketAddress(numeric: host, port: 1)).hostBytes == bytes)
        #expect(try #require(SocketAddress(unixPath: "/x")).hostBytes == nil)
    }

    @Test("A Unix socket has a path and no port")
    func unix() throws {
        let address = try #require(SocketAddress(unixPath: "/run/x.sock"))
        #expect(address.text == "unix:/run/x.sock")
        #expect(address.port == nil && !address.isTCP)
        // Family, path and its NUL.
        #expect(address.withSocketAddress { _, length in length } == 2 + 11 + 1)
    }

    @Test("A leading @ means the abstract namespace, whose names end with their length")
    func abstract() throws {
        let address = try #require(SocketAddress(unixPath: "@vitals"))
        #expect(address.text == "unix:@vitals")
        #expect(address.withSocketAddress { _, length in length } == 2 + 7)
    }

    @Test("A path has 107 bytes at most, and no NUL", arguments: ["/", "@"])
    func pathLength(_ start: String) throws {
        let longest = start + String(repeating: "x", count: 106)
        let address = try #require(SocketAddress(unixPath: longest))
        #expect(address.text == "unix:" + longest)
        #expect(SocketAddress(unixPath: longest + "x") == nil)
        #expect(SocketAddress(unixPath: start + String(repeating: "é", count: 54)) == nil)
        #expect(SocketAddress(unixPath: start + "a\u{0}b") == nil)
        #expect(SocketAddress(unixPath: "") == nil)
    }

    @Test("A listener knows its address, and a connection both of its own")
    func bound() throws {
        for host in ["127.0.0.1", "::1"] {
            guard let any = SocketAddress(numeric: host, port: 0),
                let listener = try? FileDescriptor.listener(at: any)
            else { continue }  // a machine without IPv6
            let address = try listener.localAddress()
            #expect(address.port != 0)
            let client = try FileDescriptor.streamSocket(for: address)
            _ = try client.connect(to: address)
            #expect(try client.peerAddress().text == address.text)
        }
    }

    @Test("An abstract listener is found by its name")
    func abstractListener() throws {
        let name = "@vitals-test-\(UInt64.random(in: .min ... .max))"
        let address = try #require(SocketAddress(unixPath: name))
        let listener = try FileDescriptor.listener(at: address)
        #expect(try listener.localAddress().text == "unix:" + name)
        let client = try FileDescriptor.streamSocket(for: address)
        #expect(try client.connect(to: address) == .connected)
        let accepted = FileDescriptor(owning: try #require(try listener.accept()).descriptor)
        // The client has no name of its own.
        #expect(try accepted.peerAddress().text == "unix:")
        #expect(throws: SystemCallError("bind", .addressInUse)) {
            _ = try FileDescriptor.listener(at: address)
        }
    }
}
