// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCHealth
import HealthProtocol
import TestSupport
import Testing

@Suite("Check and List")
struct CheckAndListTests {
    @Test("A registered name has its status, the whole server too")
    func registered() throws {
        let fixture = try HealthFixture()
        fixture.reporter.set(.notServing, for: "a.B")
        fixture.reporter.set(.unknown, for: "é")
        let peer = try fixture.peer()
        #expect(try peer.check("", on: 1) == .serving)
        #expect(try peer.check("a.B", on: 3) == .notServing)
        #expect(try peer.check("é", on: 5) == .unknown)
        fixture.reporter.set(.serving, for: "a.B")
        try peer.expectSilence()
        #expect(try peer.check("a.B", on: 7) == .serving)
    }

    @Test(
        "Any other name is NOT_FOUND",
        arguments: [
            "a", "a.BC", "A.B", " a.B", "a.B\u{0}", "\u{0}", String(repeating: "x", count: 4000),
        ])
    func unregistered(_ name: String) throws {
        let fixture = try HealthFixture()
        fixture.reporter.set(.serving, for: "a.B")
        let peer = try fixture.peer()
        try peer.call("/grpc.health.v1.Health/Check", on: 1, request(name.utf8))
        #expect(try peer.nextHeaders(endStream: true) == failure(5, "unknown service"))
    }

    @Test("A cleared name is NOT_FOUND, the cleared server UNKNOWN")
    func cleared() throws {
        let fixture = try HealthFixture()
        fixture.reporter.set(.serving, for: "a")
        fixture.reporter.clear("a")
        fixture.reporter.clear("")
        let peer = try fixture.peer()
        try peer.expectSilence()
        try peer.call("/grpc.health.v1.Health/Check", on: 1, request("a".utf8))
        #expect(try peer.nextHeaders(endStream: true) == failure(5, "unknown service"))
        #expect(try peer.check("", on: 3) == .unknown)
    }

    @Test(
        "A name that is no UTF-8 is INTERNAL, as in other servers",
        arguments: ["Check", "Watch"], [[0xff], [0xc3], [97, 0xed, 0xa0, 0x80]] as [[UInt8]])
    func invalidName(_ method: String, _ name: [UInt8]) throws {
        let peer = try HealthFixture().peer()
        try peer.call("/grpc.health.v1.Health/" + method, on: 1, request(name))
        #expect(
            try peer.nextHeaders(endStream: true)
                == failure(13, "the request's service name is not valid UTF-8"))
    }

    @Test("What is no message is INTERNAL", arguments: ["Check", "Watch"])
    func malformed(_ method: String) throws {
        let peer = try HealthFixture().peer()
        try peer.call("/grpc.health.v1.Health/" + method, on: 1, [0x0a, 9, 97])
        #expect(
            try peer.nextHeaders(endStream: true)
                == failure(
                    13,
                    "the message is not valid protobuf of its type: both sides need the same .proto file"
                ))
    }

    @Test("List has every name, up to its limit")
    func list() throws {
        let fixture = try HealthFixture()
        for index in 1..<100 {
            fixture.reporter.set(index % 2 == 0 ? .serving : .notServing, for: "name\(index)")
        }
        let peer = try fixture.peer()
        try peer.call("/grpc.health.v1.Health/List", on: 1, [])
        let answer = try peer.nextAnswer().message
        let all = try answer.withUnsafeBytes {
            try HealthListResponse.decode($0)
        }
        #expect(all.count == 100)
        let table = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.status) })
        #expect(table[""] == .serving && table["name1"] == .notServing)
        #expect(table["name98"] == .serving)

        fixture.reporter.set(.serving, for: "one too many")
        try peer.expectSilence()
        try peer.call("/grpc.health.v1.Health/List", on: 3, [])
        #expect(
            try peer.nextHeaders(endStream: true)
                == failure(8, "101 names are registered, more than List's limit of 100"))
    }

    @Test("Watchers make no difference to Check and List")
    func watched() throws {
        let fixture = try HealthFixture(listLimit: 1)
        let peer = try fixture.peer()
        try peer.watch("unknown", on: 1)
        #expect(try peer.nextStatus() == .serviceUnknown)
        try peer.call("/grpc.health.v1.Health/Check", on: 3, request("unknown".utf8))
        #expect(try peer.nextHeaders(endStream: true) == failure(5, "unknown service"))
        try peer.call("/grpc.health.v1.Health/List", on: 5, [])
        #expect(try peer.nextAnswer().message == [0x0a, 4, 0x12, 2, 0x08, 1])
    }
}
