// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import GRPCWire

@Suite struct GzipTests {
    private func message(_ payload: [UInt8]) -> EncodedMessage {
        EncodedMessage(count: payload.count) { $0.copyBytes(from: payload) }
    }

    private func read(
        _ bytes: [UInt8], limit: Int = 1024, encoding: MessageEncoding = .gzip, step: Int = .max
    ) throws(Status) -> [[UInt8]] {
        var reader = MessageReader(maxMessageSize: limit, encoding: encoding)
        var messages: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(step))
            rest = rest.dropFirst(piece.count)
            try piece.withUnsafeBufferPointer { buffer throws(Status) in
                try reader.receive(UnsafeRawBufferPointer(buffer)) { messages.append($0) }
            }
        }
        return messages
    }

    @Test("What is compressed comes back", arguments: [0, 1, 1000, 1024], [1, 7, Int.max])
    func roundTrip(_ count: Int, _ step: Int) throws {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 >> 3) }
        let message = try #require(message(payload).gzipped)
        #expect(message.bytes[0] == 1)
        #expect(try read(message.bytes + message.bytes, step: step) == [payload, payload])
    }

    @Test("A bomb ends with RESOURCE_EXHAUSTED one byte over the limit")
    func bomb() throws {
        let size = 1 << 19
        let message = try #require(message([UInt8](repeating: 0, count: size)).gzipped)
        #expect(try read(message.bytes, limit: size).first?.count == size)
        let refusal = "a message decompresses to more than \(size - 1) bytes"
        #expect(throws: Status(.resourceExhausted, refusal)) {
            try read(message.bytes, limit: size - 1)
        }
    }

    @Test("A large message may have 14 times its size, whatever the limit")
    func ratio() throws {
        let message = try #require(message([UInt8](repeating: 0, count: 1 << 19 + 1)).gzipped)
        let error = #expect(throws: Status.self) { try read(message.bytes, limit: 1 << 22) }
        #expect(
            error?.message
                == "a message decompresses to more than 524288 bytes: send it without compression")
        var generator = SplitMix64(seed: 3)
        // One byte in eight is of chance.
        let text = (0..<1_000_000).map { $0 % 8 == 0 ? generator.next() : 0 }
            .map { UInt8(truncatingIfNeeded: $0) }
        let honest = try #require(self.message(text).gzipped)
        #expect(honest.bytes.count < 250_000)
        #expect(try read(honest.bytes, limit: 1 << 20) == [text])
    }

    /// Decompresses in rounds of `size`; the rounds that it took, and what it took from the budget.
    private func rounds(
        _ compressed: [UInt8], of size: Int, budget: Int = 1 << 30
    ) throws -> (rounds: Int, spent: Int) {
        let decompression = try Decompression(compressed, maxMessageSize: 1 << 22)
        var (count, left) = (1, budget)
        while true {
            var allowance = size
            if try decompression.advance(&allowance, &left) { return (count, budget - left) }
            count += 1
        }
    }

    @Test("Blocks and members that make nothing are work, too")
    func emptyBlocks() throws {
        let header: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]
        // Four empty blocks with fixed codes, ten bits each; then the last one, which ends on a byte too.
        let blocks = (0..<2000).flatMap { _ in [0x02, 0x08, 0x20, 0x80, 0x00] as [UInt8] }
        let blocky = header + blocks + [0x03, 0x00] + [UInt8](repeating: 0, count: 8)
        let member = header + [0x03, 0x00] + [UInt8](repeating: 0, count: 8)
        let members = (0..<2000).flatMap { _ in member }
        for bytes in [blocky, members] {
            let (count, spent) = try rounds(bytes, of: 32 << 10)
            #expect(count > 50 && count < 250)
            #expect(spent > 1 << 20)
            let error = #expect(throws: Status.self) {
                try rounds(bytes, of: 32 << 10, budget: 1 << 16)
            }
            #expect(
                error == Status(.resourceExhausted, "decompression budget exhausted; retry"))
        }
    }

    @Test("A fair message takes nothing from the budget")
    func fair() throws {
        var generator = SplitMix64(seed: 3)
        let text = (0..<100_000).map { _ in UInt8.random(in: 0..<16, using: &generator) }
        let compressed = try #require(message(text).gzipped).bytes[5...]
        #expect(try rounds(Array(compressed), of: 32 << 10, budget: 0).spent == 0)
        let small = try #require(message([0x0a, 1, 97]).gzipped).bytes[5...]
        #expect(try rounds(Array(small), of: 32 << 10, budget: 0) == (1, 0))
    }

    @Test("What is no gzip ends with INTERNAL", arguments: [0, 1, 10, 22])
    func malformed(_ kept: Int) throws {
        let whole = try #require(message([1, 2, 3]).gzipped).bytes[5...]
        let cut = message(Array(whole.prefix(kept)))
        let error = #expect(throws: Status.self) { try read([1] + cut.bytes[1...]) }
        #expect(error?.code == .internal)
    }

    @Test(
        "A flag byte needs its grpc-encoding",
        arguments: [.identity, .unsupported] as [MessageEncoding])
    func unannounced(_ encoding: MessageEncoding) throws {
        let message = try #require(message([1, 2, 3]).gzipped)
        let error = #expect(throws: Status.self) { try read(message.bytes, encoding: encoding) }
        #expect(error?.code == .internal)
    }

    @Test("An uncompressed message needs nothing in a call with gzip")
    func plain() throws {
        #expect(try read(message([1, 2, 3]).bytes) == [[1, 2, 3]])
    }

    @Test("An answer is compressed only if that makes it smaller")
    func smaller() {
        #expect(message([8, 1]).gzippedIfSmaller.bytes[0] == 0)
        #expect(message([UInt8](0..<200)).gzippedIfSmaller.bytes[0] == 0)
        let long = message([UInt8](repeating: 65, count: 500))
        #expect(long.gzippedIfSmaller.bytes[0] == 1)
        #expect(long.gzippedIfSmaller.bytes.count < 60)
    }

    @Test(
        "gzip is found in a list of encodings",
        arguments: [
            ("gzip", true), ("identity,deflate, gzip", true), ("identity,gzip ,x", true),
            ("\tgzip", true), ("", false), ("identity", false), ("gzipped,xgzip,g zip", false),
            (",,", false), ("GZIP", false), ("gzip gzip", false),
        ])
    func accepted(_ list: String, _ isFound: Bool) {
        let found = Array(list.utf8).withUnsafeBytes { MessageEncoding.acceptsGzip($0) }
        #expect(found == isFound)
    }
}
