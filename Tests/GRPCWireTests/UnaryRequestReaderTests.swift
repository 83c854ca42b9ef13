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
