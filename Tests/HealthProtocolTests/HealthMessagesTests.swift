// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HealthProtocol
import TestSupport
import Testing

@Suite("The messages of the health protocol")
struct HealthMessagesTests {
    private func name(_ payload: some Collection<UInt8>) throws -> [UInt8] {
        try Array(payload).withUnsafeBytes { Array(try HealthCheckRequest.decode($0)) }
    }

    private func status(_ payload: some Collection<UInt8>) throws -> ServingStatus {
        try Array(payload).withUnsafeBytes { try HealthCheckResponse.decode($0) }
    }

    private func list(_ payload: some Collection<UInt8>) throws -> [String: ServingStatus] {
        let all = try Array(payload).withUnsafeBytes { try HealthListResponse.decode($0) }
        return Dictionary(all.map { ($0.name, $0.status) }) { $1 }
    }

    @Test(
        "A request has the bytes of its name",
        arguments: [
            ("", []), ("a", [0x0a, 1, 97]), ("é", [0x0a, 2, 0xc3, 0xa9]),
            ("a\u{0}b", [0x0a, 3, 97, 0, 98]),
        ] as [(String, [UInt8])])
    func request(_ service: String, _ payload: [UInt8]) throws {
        let message = HealthCheckRequest.encode(service: service)
        #expect(message.bytes == prefixed(payload))
        #expect(try name(payload) == Array(service.utf8))
    }

    @Test("A long name comes through whole")
    func longName() throws {
        let service = String(repeating: "name.", count: 2000)
        let message = HealthCheckRequest.encode(service: service)
        #expect(try name(message.bytes.dropFirst(5)) == Array(service.utf8))
    }

    @Test(
        "A response has the number of its status, also one that has no name yet",
        arguments: [
            (0, []), (1, [0x08, 1]), (2, [0x08, 2]), (3, [0x08, 3]), (300, [0x08, 0xac, 0x02]),
            (-1, [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
            (.max, [0x08, 0xff, 0xff, 0xff, 0xff, 0x07]),
            (.min, [0x08, 0x80, 0x80, 0x80, 0x80, 0xf8, 0xff, 0xff, 0xff, 0xff, 0x01]),
        ] as [(Int32, [UInt8])])
    func response(_ number: Int32, _ payload: [UInt8]) throws {
        let status = ServingStatus(rawValue: number)
        #expect(HealthCheckResponse.encode(status).bytes == prefixed(payload))
        #expect(try self.status(payload) == status)
    }

    @Test("The last of several statuses counts")
    func repeatedStatus() throws {
        #expect(try status([0x08, 1, 0x08, 2]) == .notServing)
        #expect(try status([0x08, 1, 0x10, 5, 0x1a, 0]) == .serving)
    }

    @Test("A status of another wire type is no status")
    func wireType() throws {
        #expect(throws: Status.self) { try status([0x0a, 1]) }
        // Known number, other type: an unknown field to protobuf.
        let other = try? status([0x0a, 1, 1])
        #expect(other == nil || other == .unknown)
    }

    @Test("Statuses have the names of the protocol")
    func names() {
        let names = (0...4).map { ServingStatus(rawValue: $0).name }
        #expect(names == ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN", "4"])
        #expect(ServingStatus(rawValue: -7).name == "-7")
    }

    @Test("A list has every name with its status", arguments: [0, 1, 100, 1000])
    func listRoundTrip(_ count: Int) throws {
        let statuses = (0..<count).map { index in
            (
                name: index == 0 ? "" : "service.\(index)",
                status: ServingStatus(rawValue: Int32(index % 5) - 1)
            )
        }
        let message = HealthListResponse.encode(statuses)
        let expected = Dictionary(uniqueKeysWithValues: statuses.map { ($0.name, $0.status) })
        #expect(try list(message.bytes.dropFirst(5)) == expected)
    }

    @Test("A list has protobuf's map entries: key and value")
    func listBytes() {
        let message = HealthListResponse.encode([("ab", .serving)])
        #expect(message.bytes == prefixed([0x0a, 8, 0x0a, 2, 97, 98, 0x12, 2, 0x08, 1]))
    }

    @Test("Entries without a key or a value have the defaults")
    func sparseEntries() throws {
        #expect(try list([0x0a, 0]) == ["": .unknown])
        #expect(try list([0x0a, 3, 0x0a, 1, 97]) == ["a": .unknown])
        #expect(try list([0x0a, 4, 0x12, 2, 0x08, 1]) == ["": .serving])
        #expect(try list([]) == [:])
    }

    @Test("Every cut and every change of a byte gives a message or an error")
    func everyChange() throws {
        let good = HealthListResponse.encode([
            ("", .serving), ("some.Service", .notServing), ("x", ServingStatus(rawValue: -3)),
        ]).bytes.dropFirst(5)
        for count in 0...good.count {
            let bytes = Array(good.prefix(count))
            _ = try? list(bytes)
            _ = try? name(bytes)
            _ = try? status(bytes)
        }
        for index in 0..<good.count {
            for value in UInt8.min ... .max {
                var bytes = Array(good)
                bytes[index] = value
                _ = try? list(bytes)
                _ = try? name(bytes)
                _ = try? status(bytes)
            }
        }
    }

    @Test("Random changes to a list never trap")
    func mutations() {
        let good = Array(
            HealthListResponse.encode((0..<20).map { ("name\($0)", .serving) }).bytes.dropFirst(5))
        var generator = SplitMix64(seed: 11)
        for _ in 0..<10_000 { _ = try? list(mutated(good, with: &generator)) }
    }

    @Test("A list has 10,000 names at most")
    func tooManyNames() throws {
        let entries = (0..<HealthListResponse.maxNames).flatMap { _ in [0x0a, 0] as [UInt8] }
        #expect(try list(entries) == ["": .unknown])
        let status = #expect(throws: Status.self) { try list(entries + [0x0a, 0]) }
        #expect(status?.code == .resourceExhausted)
    }

    @Test("Unknown fields are passed over, and more than a few dozen are refused")
    func unknownFields() throws {
        let unknown = (0..<63).flatMap { _ in [0x12, 0] as [UInt8] }
        #expect(try name(unknown + [0x0a, 1, 97]) == [97])
        #expect(try status(unknown + [0x08, 1]) == .serving)
        for bytes in [unknown + unknown, unknown + [0x12, 0, 0x12, 0]] {
            let refusals = [
                #expect(throws: Status.self) { try name(bytes) },
                #expect(throws: Status.self) { try status(bytes) },
            ]
            #expect(refusals.allSatisfy { $0?.code == .resourceExhausted })
        }
    }
}
