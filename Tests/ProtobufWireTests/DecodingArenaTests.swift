// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CProtobufC
import CProtos
import GRPCWire
import ProtobufWire
import TestSupport
import Testing

@Suite("The memory of decoded messages")
struct DecodingArenaTests {
    private typealias Request = Grpc__Health__V1__HealthCheckRequest

    /// The name in a `HealthCheckRequest`, or the code of the failure.
    private func name(_ bytes: [UInt8], in arena: DecodingArena) -> Result<[UInt8], Status> {
        do {
            return .success(
                try bytes.withUnsafeBytes {
                    try arena.decode($0, grpc__health__v1__health_check_request__unpack) {
                        Array($0.pointee.service.bytes)
                    }
                })
        } catch {
            return .failure(error as? Status ?? .ok)
        }
    }

    @Test("One arena decodes message after message")
    func reuse() {
        let arena = DecodingArena()
        for size in [0, 1, 100, 127] {
            let text = [UInt8](repeating: 7, count: size)
            for _ in 0..<100 {
                #expect(name([0x0a, UInt8(size)] + text, in: arena) == .success(text))
            }
        }
    }

    @Test("A message larger than the first chunk is decoded too")
    func large() {
        let text = [UInt8](repeating: 7, count: 100_000)
        let length: [UInt8] = [0xa0, 0x8d, 0x06]  // as a varint
        let arena = DecodingArena()
        #expect(name([0x0a] + length + text, in: arena) == .success(text))
        #expect(name([], in: arena) == .success([]))
    }

    @Test("A name may be cut into nothing, hold a NUL, or be no UTF-8 at all")
    func anyBytes() {
        let arena = DecodingArena()
        for text: [UInt8] in [[], [0], [97, 0, 98], [0xff, 0xfe], [0xc3]] {
            #expect(name([0x0a, UInt8(text.count)] + text, in: arena) == .success(text))
        }
    }

    @Test("The last of several values counts, and unknown fields are passed over")
    func repeatedAndUnknown() {
        let arena = DecodingArena()
        #expect(name([0x0a, 1, 97, 0x0a, 1, 98], in: arena) == .success([98]))
        // Fields 2 (varint), 3 (64 bits), 4 (bytes) and 5 (32 bits).
        let unknown: [UInt8] =
            [0x10, 0x80, 0x01] + [0x19, 1, 2, 3, 4, 5, 6, 7, 8] + [0x22, 2, 1, 2]
            + [0x2d, 1, 2, 3, 4]
        #expect(name(unknown + [0x0a, 1, 97] + unknown, in: arena) == .success([97]))
    }

    @Test(
        "Bytes that are no message fail with INTERNAL",
        arguments: [
            [0x0a], [0x0a, 5, 97], [0xff], [0x00, 1], [0x0b], [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f],
            [0x08, 0x80], [0x0a, 0x80],
        ] as [[UInt8]])
    func broken(_ bytes: [UInt8]) {
        guard case .failure(let status) = name(bytes, in: DecodingArena()) else {
            Issue.record("decoded")
            return
        }
        #expect(status.code == .internal)
    }

    @Test("A message may unfold to a fixed multiple of its size, and no more")
    func unfoldingLimit() {
        let arena = DecodingArena()
        func largest(_ size: Int, parts: Int) -> Bool {
            let bytes = [UInt8](repeating: 0, count: 100)
            let status = #expect(throws: Status.self) {
                try bytes.withUnsafeBytes {
                    try arena.decode(
                        $0,
                        { allocator, _, _ -> UnsafeMutablePointer<Request>? in
                            for _ in 0..<parts {
                                let memory = allocator?.pointee.alloc(
                                    allocator?.pointee.allocator_data, size / parts)
                                guard let memory else { return nil }
                                memset(memory, 0xaa, size / parts)
                            }
                            isTaken = true
                            return nil
                        }, { _ in })
                }
            }
            defer { isTaken = false }
            return status?.code == .internal && isTaken
        }
        var isTaken = false
        #expect(largest(5000, parts: 1) && largest(4800, parts: 50))
        #expect(!largest(6000, parts: 1) && !largest(6400, parts: 100))
        // The limit is each message's own.
        for _ in 0..<100 { #expect(largest(5000, parts: 1)) }
    }

    @Test("An error of the reader passes through")
    func errors() {
        let error = Status(.notFound, "x")
        #expect(throws: error) {
            try ([0x0a, 0] as [UInt8]).withUnsafeBytes {
                try DecodingArena().decode($0, grpc__health__v1__health_check_request__unpack) {
                    _ throws(Status) in throw error
                }
            }
        }
    }

    @Test("A packed message is prefixed with its length")
    func packing() {
        var message = Grpc__Health__V1__HealthCheckResponse()
        grpc__health__v1__health_check_response__init(&message)
        #expect(EncodedMessage(packing: &message).bytes == [0, 0, 0, 0, 0])
        message.status = .init(2)
        #expect(EncodedMessage(packing: &message).bytes == [0, 0, 0, 0, 2, 0x08, 2])
    }

    @Test("Random changes to a good message never trap")
    func mutations() {
        let arena = DecodingArena()
        var generator = SplitMix64(seed: 5)
        let good: [UInt8] = [0x10, 5, 0x0a, 4, 97, 98, 99, 100, 0x19, 1, 2, 3, 4, 5, 6, 7, 8]
        for _ in 0..<20_000 { _ = name(mutated(good, with: &generator), in: arena) }
        for count in 0..<good.count { _ = name(Array(good.prefix(count)), in: arena) }
    }
}
