// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import GRPCWire

@Suite("A queue of request messages")
struct RequestMessageQueueTests {
    private func append(
        _ bytes: some Collection<UInt8>, to queue: inout RequestMessageQueue,
        endStream: Bool = false
    ) {
        Array(bytes).withUnsafeBytes { queue.append($0, endStream: endStream) }
    }

    /// With an allowance for whatever there is.
    private func next(_ queue: inout RequestMessageQueue) throws -> RequestMessageQueue.Next {
        var (allowance, budget) = (1 << 30, 1 << 30)
        return try queue.next(&allowance, &budget)
    }

    private func plain(_ bytes: [UInt8]) -> RequestMessageQueue.Next {
        .message(RequestMessage(bytes: bytes, wasCompressed: false))
    }

    @Test("gives each message once, in order, then its end")
    func order() throws {
        var queue = RequestMessageQueue(maxMessageSize: 10, encoding: .identity)
        #expect(try next(&queue) == .later)
        append(prefixed([1]) + prefixed([]) + prefixed([2, 3])[..<6], to: &queue)
        #expect(try next(&queue) == plain([1]))
        #expect(try next(&queue) == plain([]))
        #expect(try next(&queue) == .later && queue.heldBytes == 6)
        append([3], to: &queue, endStream: true)
        #expect(try next(&queue) == plain([2, 3]))
        #expect(try next(&queue) == .end && queue.heldBytes == 0)
        #expect(try next(&queue) == .end)
    }

    @Test("does not care how the bytes are cut, or when they are asked for")
    func cuts() throws {
        var generator = SplitMix64(seed: 5)
        for _ in 0..<200 {
            let messages = (0..<20).map { _ in
                [UInt8](repeating: 7, count: Int.random(in: 0...9000, using: &generator))
            }
            var queue = RequestMessageQueue(maxMessageSize: 9000, encoding: .identity)
            var rest = messages.flatMap { prefixed($0) }[...]
            var taken: [[UInt8]] = []
            while true {
                let count = Int.random(in: 0...min(rest.count, 20_000), using: &generator)
                append(rest.prefix(count), to: &queue, endStream: count == rest.count)
                rest = rest.dropFirst(count)
                // Sometimes there is no reader, and much is held.
                if !rest.isEmpty, Bool.random(using: &generator) { continue }
                var next = try self.next(&queue)
                while case .message(let message) = next {
                    taken.append(message.bytes)
                    next = try self.next(&queue)
                }
                if next == .end { break }
            }
            #expect(taken == messages)
        }
    }

    @Test("unfolds a message when it is asked for, and says that it was compressed")
    func compressed() throws {
        let message = EncodedMessage(count: 5000) {
            $0.initializeMemory(as: UInt8.self, repeating: 1)
        }
        let folded = try #require(message.gzipped).bytes
        var queue = RequestMessageQueue(maxMessageSize: 5000, encoding: .gzip)
        append(folded + folded + prefixed([1]), to: &queue)
        #expect(queue.heldBytes == 2 * folded.count + 6)
        for _ in 0..<2 {
            guard case .message(let message) = try next(&queue) else { break }
            #expect(message.wasCompressed && message.bytes.count == 5000)
        }
        #expect(try next(&queue) == plain([1]))
    }

    @Test("refuses what is too large before it has come, and what unfolds to too much")
    func limits() throws {
        var queue = RequestMessageQueue(maxMessageSize: 100, encoding: .gzip)
        append([0, 0, 0, 0, 101], to: &queue)
        #expect(throws: Status(.resourceExhausted, "message larger than max (101 vs. 100 bytes)")) {
            try next(&queue)
        }
        let bomb = EncodedMessage(count: 101) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
        var other = RequestMessageQueue(maxMessageSize: 100, encoding: .gzip)
        append(try #require(bomb.gzipped).bytes, to: &other)
        #expect(
            throws: Status(.resourceExhausted, "a message decompresses to more than 100 bytes")
        ) {
            try next(&other)
        }
    }

    @Test("has a large or compressed message wait for an allowance, and takes from it")
    func allowance() throws {
        let large = EncodedMessage(count: 100_000) {
            $0.initializeMemory(as: UInt8.self, repeating: 1)
        }
        let compressed = try #require(large.gzipped).bytes
        for (bytes, expected) in [(large.bytes, 1...1), (compressed, 9...11)] {
            var queue = RequestMessageQueue(maxMessageSize: 100_000, encoding: .gzip)
            append(bytes, to: &queue)
            var (allowance, budget) = (0, 1 << 30)
            #expect(try queue.next(&allowance, &budget) == .work && allowance == 0)
            var rounds = 0
            while true {
                allowance = 10_000
                rounds += 1
                if case .message(let message) = try queue.next(&allowance, &budget) {
                    #expect(message.bytes == Array(large.bytes[5...]))
                    break
                }
                #expect(allowance <= 0 && allowance > -2000)
            }
            #expect(expected.contains(rounds) && queue.heldBytes == 0)
        }
    }

    @Test("says when the request ends within a message", arguments: 1..<8)
    func cutOff(_ count: Int) throws {
        var queue = RequestMessageQueue(maxMessageSize: 100, encoding: .identity)
        append(prefixed([1, 2, 3])[..<count], to: &queue, endStream: true)
        #expect(throws: Status(.internal, "the request ends within a message")) {
            try next(&queue)
        }
    }

    @Test("survives whatever bytes come")
    func mutations() {
        var generator = SplitMix64(seed: 17)
        let good = prefixed([1, 2]) + prefixed([]) + prefixed([UInt8](repeating: 3, count: 300))
        for _ in 0..<2000 {
            var queue = RequestMessageQueue(maxMessageSize: 1000, encoding: .gzip)
            append(mutated(good, with: &generator), to: &queue, endStream: true)
            var count = 0
            while case .message? = try? next(&queue) { count += 1 }
            #expect(count < 100)
        }
    }
}
