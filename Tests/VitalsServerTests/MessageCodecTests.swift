// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import VitalsServer

@Suite struct MessageCodecTests {
    @Test("Bytes stay as they are")
    func bytes() throws {
        #expect(try MessageCodec.bytes.decode([0xff, 0]) == [0xff, 0])
        #expect(try MessageCodec.bytes.encode([0xff, 0]) == [0xff, 0])
    }

    @Test("Text is UTF-8, and nothing else")
    func text() throws {
        #expect(try MessageCodec.text.decode(Array("né".utf8)) == "né")
        #expect(try MessageCodec.text.encode("né") == Array("né".utf8))
        #expect(throws: Status(.internal, "the message is not valid UTF-8")) {
            try MessageCodec.text.decode([0xff])
        }
    }

    private struct Unreadable: Error {}

    @Test("What a codec throws is INTERNAL, and a status of its own as it is")
    func failures() {
        let broken = MessageCodec<Int> { _ in
            throw Unreadable()
        } encode: { _ in
            throw Unreadable()
        }
        #expect(throws: Status(.internal, "the message cannot be decoded")) {
            try broken.decode([])
        }
        #expect(throws: Status(.internal, "the message cannot be encoded")) {
            try broken.encode(1)
        }
        let own = Status(.invalidArgument, "no number")
        let strict = MessageCodec<Int> { _ in
            throw own
        } encode: { _ in
            throw own
        }
        #expect(throws: own) { try strict.decode([]) }
        #expect(throws: own) { try strict.encode(1) }
    }
}
