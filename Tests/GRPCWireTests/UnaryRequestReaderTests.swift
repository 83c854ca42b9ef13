// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import TestSupport
import Testing

@Suite("A reader of a request with one message")
struct UnaryRequestReaderTests {
    /// What the reader answered to each piece; the piece that ends the stream is written with a full stop.
    private func read(_ pieces: [(bytes: [UInt8], endStream: Bool)]) -> [String] {
        var reader = UnaryRequestReader(maxMessageSize: 10)
        return pieces.map { piece in
            piece.bytes.withUnsafeBytes {
                switch reader.received($0, endStream: piece.endStream) {
                case .wait: "wait, \(reader.heldBytes) held"
                case .dispatch(let bytes): "direct \(Array(bytes))"
                case .dispatchBuffered(let bytes): "buffered \(bytes)"
                case .work: "work, \(reader.heldBytes) held"
                case .fail(let status): status.line
                }
            }
        }
    }

    private let twoMessages = "12 more than one request message"
    private let noMessage = "12 the request has no message"
    private let cutMessage = "13 the request ends within a message"

    @Test("A message with the end is served where it stands")
    func direct() {
        #expect(read([(prefixed([7]), true)]) == ["direct [7]"])
        #expect(read([(prefixed([]), true)]) == ["direct []"])
    }

    @Test("A message whose end comes later is kept until then")
    func late() {
        #expect(
            read([(prefixed([7]), false), ([], false), ([], true)]) == [
                "wait, 1 held", "wait, 1 held", "buffered [7]",
            ])
    }

    @Test("A message in pieces is put together, wherever it is cut")
    func pieces() {
        let bytes = prefixed([1, 2, 3])
        for cut in 1..<bytes.count {
            let answers = read([(Array(bytes[..<cut]), false), (Array(bytes[cut...]), true)])
            #expect(answers == ["wait, \(cut) held", "buffered [1, 2, 3]"])
        }
        let single = bytes.dropLast().map { (bytes: [$0], endStream: false) }
        #expect(read(single + [([3], true)]).last == "buffered [1, 2, 3]")
    }

    @Test("A request without a message fails")
    func missing() {
        #expect(read([([], true)]) == [noMessage])
        #expect(read([([], false), ([], true)]) == ["wait, 0 held", noMessage])
    }

    @Test("A request that ends within its message fails")
    func cut() {
        let bytes = prefixed([1, 2])
        for count in 1..<bytes.count {
            #expect(read([(Array(bytes[..<count]), true)]) == [cutMessage])
            #expect(read([(Array(bytes[..<count]), false), ([], true)]).last == cutMessage)
        }
    }

    @Test("A second message fails, however it comes")
    func second() {
        let one = prefixed([1])
        #expect(read([(one + one, true)]) == [twoMessages])
        #expect(read([(one + one, false)]) == [twoMessages])
        #expect(read([(one + [0], true)]) == [twoMessages])
        #expect(read([(one, false), (one, true)]) == ["wait, 1 held", twoMessages])
        #expect(read([(one, false), ([0], false)]) == ["wait, 1 held", twoMessages])
    }

    @Test("A message above the limit is refused at its prefix")
    func limit() {
        #expect(read([([0, 0, 0, 0, 10], false)]) == ["wait, 5 held"])
        let refusal = "8 message larger than max (11 vs. 10 bytes)"
        #expect(read([([0, 0, 0, 0, 11], false)]) == [refusal])
        #expect(read([(prefixed(.init(repeating: 0, count: 11)), true)]) == [refusal])
    }

    @Test("A message in gzip is decompressed when there is time, at its end and not before")
    func gzip() throws {
        let text = [UInt8](repeating: 65, count: 200_000)
        let bytes = try #require(
            EncodedMessage(count: text.count) { $0.copyBytes(from: text) }.gzipped
        )
        .bytes
        var reader = UnaryRequestReader(maxMessageSize: text.count, encoding: .gzip)
        func receive(_ bytes: [UInt8], endStream: Bool) -> UnaryRequestReader.OnData {
            bytes.withUnsafeBytes { reader.received($0, endStream: endStream) }
        }
        guard case .wait = receive(bytes, endStream: false) else { throw Unexpected() }
        #expect(reader.heldBytes == bytes.count - 5)
        guard case .work = receive([], endStream: true) else { throw Unexpected() }
        var rounds = 0
        while reader.heldBytes != text.count {
            var (allowance, budget) = (32 << 10, 1 << 30)
            guard case .work = reader.work(&allowance, &budget) else { throw Unexpected() }
            #expect(allowance <= 0 && budget < 1 << 30)
            rounds += 1
        }
        #expect((6...7).contains(rounds))
        // To read so large a message is a piece of work of its own.
        #expect(reader.heldBytes == text.count)
        var (allowance, budget) = (32 << 10, 1 << 30)
        guard case .dispatchBuffered(text) = reader.work(&allowance, &budget) else {
            throw Unexpected()
        }
        #expect(allowance < 0 && reader.heldBytes == 0 && reader.wasCompressed)
    }

    @Test("A large message in pieces waits until there is time")
    func large() throws {
        let text = [UInt8](repeating: 65, count: 64 << 10 + 1)
        var reader = UnaryRequestReader(maxMessageSize: text.count)
        let bytes = prefixed(text)
        let first = bytes.dropLast().withUnsafeBytes { reader.received($0, endStream: false) }
        let last = bytes.suffix(1).withUnsafeBytes { reader.received($0, endStream: true) }
        guard case .wait = first, case .work = last else { throw Unexpected() }
        var (allowance, budget) = (32 << 10, 0)
        guard case .dispatchBuffered(text) = reader.work(&allowance, &budget) else {
            throw Unexpected()
        }
        #expect(allowance < 0 && reader.heldBytes == 0)
    }

    private struct Unexpected: Error {}

    @Test("A compressed message is refused, with its end and before it")
    func compressed() {
        for endStream in [true, false] {
            let answer = read([(prefixed([1], flag: 1), endStream)])
            #expect(answer == ["13 a message is compressed, but no grpc-encoding was agreed"])
        }
    }

    @Test("After its answer the reader takes no notice of anything")
    func over() {
        for first in [prefixed([1]), []] {
            let answers = read([(first, true), (prefixed([1]), false), ([], true)])
            #expect(answers.suffix(2) == ["wait, 0 held", "wait, 0 held"])
        }
    }
}
