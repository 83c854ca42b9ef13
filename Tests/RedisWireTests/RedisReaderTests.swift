// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import RedisWire

@Suite("Replies of Redis")
struct RedisReaderTests {
    private func read(_ text: String, chunk: Int = .max) throws -> [RedisValue] {
        var reader = RedisReader()
        var values: [RedisValue] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            Array(rest.prefix(chunk)).withUnsafeBytes { reader.receive($0) }
            rest = rest.dropFirst(min(chunk, rest.count))
            while let value = try reader.next() { values.append(value) }
        }
        return values
    }

    private static let replies =
        "+PONG\r\n-NOAUTH Authentication required.\r\n:42\r\n$5\r\nhe\r\nx\r\n$-1\r\n*-1\r\n*2\r\n+a\r\n:1\r\n"
        + "%2\r\n+role\r\n$6\r\nmaster\r\n+proto\r\n:3\r\n_\r\n#t\r\n,1.5\r\n(123\r\n!5\r\nERR x\r\n=8\r\ntxt:text\r\n~1\r\n:7\r\n"
        + ">2\r\n+message\r\n+x\r\n|1\r\n+ttl\r\n:3\r\n+OK\r\n"

    @Test("All types are read, whatever parts they come in", arguments: [1, 2, 3, 7, 1000])
    func types(chunk: Int) throws {
        let values = try read(Self.replies, chunk: chunk)
        #expect(
            values == [
                .text("PONG"), .error(code: "NOAUTH", text: "NOAUTH Authentication required."),
                .integer(42),
                .bytes(Array("he\r\nx".utf8)), .bytes(nil), .array(nil),
                .array([.text("a"), .integer(1)]),
                .map([(.text("role"), .bytes(Array("master".utf8))), (.text("proto"), .integer(3))]
                ), .null,
                .boolean(true), .text("1.5"), .text("123"), .error(code: "ERR", text: "ERR x"),
                .text("text"),
                .array([.integer(7)]), .text("OK"),
            ])
        #expect(values[7]["role"]?.string == "master")
        #expect(values[7]["none"] == nil)
    }

    @Test("Of a long error the beginning is kept, with a code that fits into a line")
    func longError() throws {
        let text = String(repeating: "B", count: 50_000)
        let values = try read("!50000\r\n\(text)\r\n", chunk: 60_000)
        guard case .error(let code, let kept)? = values.first else {
            Issue.record("no error")
            return
        }
        #expect(code == String(repeating: "B", count: 32))
        #expect(kept.utf8.count == 1024)
    }

    @Test(
        "What is no reply is refused",
        arguments: [
            ("HTTP/1.1 400\r\n", RedisFault.notRedis), (":x\r\n", .malformed),
            ("$3\r\nabcde", .malformed),
            ("$-2\r\n", .malformed), ("$99999999\r\n", .tooLarge), ("*99999\r\n", .tooLarge),
            ("+x\ry", .malformed),
            ("%-1\r\n", .malformed),
            (String(repeating: "*1\r\n", count: 20), .tooDeep),
        ])
    func refused(text: String, fault: RedisFault) {
        #expect(throws: fault) { try read(text) }
    }

    @Test("Pushes without end are refused")
    func pushes() {
        #expect(throws: RedisFault.tooLarge) {
            try read(String(repeating: ">1\r\n+x\r\n", count: 200))
        }
    }

    @Test("A reply that comes byte by byte for ever is refused")
    func trickled() throws {
        var reader = RedisReader()
        let begin = Array("$60000\r\n".utf8)
        begin.withUnsafeBytes { reader.receive($0) }
        #expect(try reader.next() == nil)
        #expect(throws: RedisFault.tooLarge) {
            for _ in 0..<6_000 {
                [UInt8(ascii: "a")].withUnsafeBytes { reader.receive($0) }
                _ = try reader.next()
            }
        }
    }

    @Test("Mutated replies never trap")
    func mutatedReplies() {
        var random = SplitMix64(seed: 3)
        for _ in 0..<5000 {
            let bytes = mutated(Array(Self.replies.utf8), with: &random)
            var reader = RedisReader()
            bytes.withUnsafeBytes { reader.receive($0) }
            for _ in 0..<30 {
                guard let value = try? reader.next() else { break }
                _ = value.string
            }
        }
    }

    @Test("A command is an array of its words")
    func command() {
        #expect(
            RedisCommand.encode(["SET", "k", "ü"])
                == Array("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\nü\r\n".utf8))
    }
}
