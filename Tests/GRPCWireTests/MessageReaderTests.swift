// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import TestSupport
import Testing

@Suite("A reader of messages")
struct MessageReaderTests {
    /// Feeds `chunks` one after the other; the messages, or the status that ended it.
    private func read(
        _ chunks: [ArraySlice<UInt8>], maxMessageSize: Int = 1000
    ) -> Result<[[UInt8]], Status> {
        var reader = MessageReader(maxMessageSize: maxMessageSize)
        var messages: [[UInt8]] = []
        do {
            for chunk in chunks {
                try chunk.withUnsafeBytes { try reader.receive($0) { messages.append($0) } }
            }
        } catch {
            return .failure(error as? Status ?? .ok)
        }
        #expect(reader.isMidMessage == (reader.heldBytes > 0))
        return .success(messages)
    }

    private let messages: [[UInt8]] = [[1, 2, 3], [], Array(repeating: 9, count: 300), [0]]
    private var stream: [UInt8] { messages.flatMap { prefixed($0) } }

    @Test("Several messages in one piece are read one by one")
    func inOnePiece() { #expect(read([stream[...]]) == .success(messages)) }

    @Test("A cut at any place changes nothing")
    func everyCut() {
        for cut in 0...stream.count {
            #expect(read([stream[..<cut], stream[cut...]]) == .success(messages), "cut at \(cut)")
        }
    }

    @Test("One byte at a time changes nothing")
    func bytewise() {
        #expect(read(stream.indices.map { stream[$0...$0] }) == .success(messages))
    }

    @Test("Random cuts change nothing")
    func randomCuts() {
        var generator = SplitMix64(seed: 7)
        for _ in 0..<200 {
            var rest = stream[...]
            var chunks: [ArraySlice<UInt8>] = []
            while !rest.isEmpty {
                let count = Int.random(in: 0...rest.count, using: &generator)
                chunks.append(rest.prefix(count))
                rest = rest.dropFirst(count)
            }
            #expect(read(chunks) == .success(messages))
        }
    }

    @Test("A message of the largest size is read, a larger one refused at its prefix")
    func limit() {
        let largest = [UInt8](repeating: 1, count: 10)
        #expect(read([prefixed(largest)[...]], maxMessageSize: 10) == .success([largest]))
        let refusal = Status(.resourceExhausted, "message larger than max (11 vs. 10 bytes)")
        let prefix: [UInt8] = [0, 0, 0, 0, 11]
        #expect(read([prefix[...]], maxMessageSize: 10) == .failure(refusal))
        #expect(read([prefix[..<4]], maxMessageSize: 10) == .success([]))
    }

    @Test("The largest length that can be written is refused, and nothing is reserved for it")
    func hugeLength() {
        let prefix = [UInt8](repeating: 0xff, count: 5)
        #expect(read([[0] + prefix[1...]]) != .success([]))
    }

    @Test("Compressed messages and unknown flags are refused")
    func flags() {
        for flag: UInt8 in [1, 2, 0x80, 0xff] {
            guard case .failure(let status) = read([prefixed([], flag: flag)[...]]) else {
                Issue.record("flag \(flag) was taken")
                continue
            }
            #expect(status.code == .internal)
        }
    }

    @Test("The bytes of exactly one message are found without a copy")
    func wholeMessage() {
        let reader = MessageReader(maxMessageSize: 4)
        func whole(_ bytes: [UInt8]) -> [UInt8]? {
            bytes.withUnsafeBytes { reader.wholeMessage(in: $0).map { Array($0) } }
        }
        #expect(whole(prefixed([1, 2])) == [1, 2])
        #expect(whole(prefixed([])) == [])
        #expect(whole(prefixed([1, 2, 3, 4, 5])) == nil)
        #expect(whole(prefixed([1, 2]) + [0]) == nil)
        #expect(whole(prefixed([1, 2]).dropLast()) == nil)
        #expect(whole(prefixed([1], flag: 1)) == nil)
        #expect(whole([]) == nil)
    }

    @Test("A fresh reader holds nothing, and says when it is within a message")
    func held() throws {
        var reader = MessageReader()
        #expect(!reader.isMidMessage && reader.heldBytes == 0)
        try ([0, 0, 0] as [UInt8]).withUnsafeBytes { try reader.receive($0) { _ in } }
        #expect(reader.isMidMessage)
    }

    @Test("An encoded message is its prefix and its payload")
    func encoded() {
        #expect(EncodedMessage.empty.bytes == [0, 0, 0, 0, 0])
        let message = EncodedMessage(count: 300) { buffer in
            for index in 0..<300 { buffer[index] = UInt8(truncatingIfNeeded: index) }
        }
        #expect(message.bytes == prefixed((0..<300).map { UInt8(truncatingIfNeeded: $0) }))
        // What is not written is zero, never other memory.
        #expect(EncodedMessage(count: 2) { _ in }.bytes == prefixed([0, 0]))
    }
}
