// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CProtobufC
import CProtos
import GRPCWire
import ProtobufWire
import TestSupport
import Testing

@Suite("The fields of a message")
struct FieldReaderTests {
    /// Field 1 of a `HealthCheckRequest`, or the status of the failure.
    private func name(_ bytes: [UInt8], maxFields: Int = 64) -> Result<[UInt8], Status> {
        do throws(Status) {
            return .success(
                try bytes.withUnsafeBufferPointer { buffer throws(Status) in
                    var name: [UInt8] = []
                    var reader = FieldReader(
                        UnsafeRawBufferPointer(buffer), maxFields: maxFields)
                    while let field = try reader.next() {
                        if field.number == 1 { name = Array(try field.bytes()) }
                    }
                    return name
                })
        } catch {
            return .failure(error)
        }
    }

    /// What protobuf-c finds there; nil when the bytes are no message to it.
    private func nameByProtobufC(_ bytes: [UInt8]) -> [UInt8]? {
        guard
            let message = grpc__health__v1__health_check_request__unpack(nil, bytes.count, bytes)
        else { return nil }
        defer { grpc__health__v1__health_check_request__free_unpacked(message, nil) }
        return Array(message.pointee.service.bytes)
    }

    @Test("A field's bytes may be any, and as many as there are")
    func anyBytes() {
        for text: [UInt8] in [[], [0], [97, 0, 98], [0xff, 0xfe], [0xc3]] {
            #expect(name([0x0a, UInt8(text.count)] + text) == .success(text))
        }
        let text = [UInt8](repeating: 7, count: 100_000)
        #expect(name([0x0a, 0xa0, 0x8d, 0x06] + text) == .success(text))
    }

    @Test("The last of several values counts, and unknown fields are passed over")
    func repeatedAndUnknown() {
        #expect(name([0x0a, 1, 97, 0x0a, 1, 98]) == .success([98]))
        // Fields 2 (varint), 3 (64 bits), 4 (bytes) and 5 (32 bits).
        let unknown: [UInt8] =
            [0x10, 0x80, 0x01] + [0x19, 1, 2, 3, 4, 5, 6, 7, 8] + [0x22, 2, 1, 2]
            + [0x2d, 1, 2, 3, 4]
        #expect(name(unknown + [0x0a, 1, 97] + unknown) == .success([97]))
    }

    @Test("One field more than a message may have is refused, known or not")
    func tooManyFields() {
        for field: [UInt8] in [[0x12, 0], [0x0a, 0]] {
            #expect(name((0..<8).flatMap { _ in field }, maxFields: 8) == .success([]))
            guard case .failure(let status) = name((0..<9).flatMap { _ in field }, maxFields: 8)
            else {
                Issue.record("read")
                return
            }
            #expect(status.code == .resourceExhausted)
            #expect(status.message == "a message has more than 8 fields")
        }
    }

    @Test(
        "Bytes that are no message fail with INTERNAL",
        arguments: [
            [0x0a], [0x0a, 5, 97], [0xff], [0x00, 1], [0x0b], [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f],
            [0x08, 0x80], [0x0a, 0x80], [0x08, 1], [0x0d, 1, 2, 3, 4], [0x19, 1, 2, 3], [0x2d],
            [0x10] + [UInt8](repeating: 0x80, count: 10) + [0],
        ] as [[UInt8]])
    func broken(_ bytes: [UInt8]) {
        guard case .failure(let status) = name(bytes) else {
            Issue.record("read")
            return
        }
        #expect(status.code == .internal)
    }

    @Test("Numbers have the low bits of what was sent")
    func numbers() throws {
        func first<Value>(_ bytes: [UInt8], _ read: (Field) throws -> Value) throws -> Value? {
            try bytes.withUnsafeBytes {
                var reader = FieldReader($0, maxFields: 1)
                return try reader.next().map(read)
            }
        }
        let minusOne = [0x08] + [UInt8](repeating: 0xff, count: 9) + [0x01]
        #expect(try first(minusOne) { try $0.int32() } == -1)
        #expect(try first([0x08, 0xac, 0x02]) { try $0.int32() } == 300)
        #expect(try first([0x08, 0x80, 0x80, 0x80, 0x80, 0x10]) { try $0.int32() } == 0)
        #expect(try first([0x08, 0]) { try $0.bool() } == false)
        #expect(try first(minusOne) { try $0.bool() } == true)
        #expect(try first([0x0d, 0, 0, 0x80, 0x3f]) { try $0.float() } == 1)
        #expect(throws: Status.self) { try first([0x0d, 0, 0, 0x80, 0x3f]) { try $0.int32() } }
        #expect(throws: Status.self) { try first([0x0a, 0]) { try $0.float() } }
        #expect(throws: Status.self) { try first([0x0a, 0]) { try $0.bool() } }
    }

    @Test("A map's entry has a key and a value, each empty unless it is there")
    func mapEntries() throws {
        func entry(_ bytes: [UInt8]) throws -> [[UInt8]] {
            try ([0x0a, UInt8(bytes.count)] + bytes).withUnsafeBytes {
                var reader = FieldReader($0, maxFields: 1)
                return try reader.next().map {
                    let entry = try $0.mapEntry()
                    return [Array(entry.key), Array(entry.value)]
                } ?? []
            }
        }
        #expect(try entry([]) == [[], []])
        #expect(try entry([0x12, 1, 98]) == [[], [98]])
        #expect(try entry([0x0a, 1, 97, 0x18, 5, 0x12, 1, 98]) == [[97], [98]])
        #expect(throws: Status.self) { try entry([0x0a, 2, 97]) }
        #expect(throws: Status.self) { try entry([0x08, 1]) }
        #expect(throws: Status.self) { try entry((0..<17).flatMap { _ in [0x1a, 0] }) }
    }

    @Test("A packed message is prefixed with its length")
    func packing() {
        var message = Grpc__Health__V1__HealthCheckResponse()
        grpc__health__v1__health_check_response__init(&message)
        #expect(EncodedMessage(packing: &message).bytes == [0, 0, 0, 0, 0])
        message.status = .init(2)
        #expect(EncodedMessage(packing: &message).bytes == [0, 0, 0, 0, 2, 0x08, 2])
    }

    @Test("Whatever is changed in a good message, protobuf-c finds the same there")
    func mutations() {
        var generator = SplitMix64(seed: 5)
        let good: [UInt8] = [0x10, 5, 0x0a, 4, 97, 98, 99, 100, 0x19, 1, 2, 3, 4, 5, 6, 7, 8]
        let changed =
            (0..<20_000).map { _ in mutated(good, with: &generator) }
            + good.indices.map { Array(good.prefix($0)) }
        for bytes in changed {
            let expected = nameByProtobufC(bytes)
            let found = try? name(bytes).get()
            #expect(found == expected, "\(bytes)")
        }
    }
}
