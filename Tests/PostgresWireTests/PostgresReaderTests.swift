// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import PostgresWire

@Suite("Messages of PostgreSQL")
struct PostgresReaderTests {
    private static let stream: [UInt8] =
        message("R", [0, 0, 0, 10] + Array("SCRAM-SHA-256\0\0".utf8)) + message("R", [0, 0, 0, 0])
        + message("S", Array("server_version\u{0}15.3\u{0}".utf8))
        + message("K", [1, 2, 3, 4, 5, 6, 7, 8])
        + message("Z", [UInt8(ascii: "I")]) + message("D", [0, 1, 0, 0, 0, 2] + Array("42".utf8))
        + message("D", [0, 1, 255, 255, 255, 255]) + message("R", [0, 0, 0, 5, 9, 8, 7, 6])
        + message("E", Array("SFATAL\0C57P03\0Mthe database system is starting up\0\0".utf8))

    private static func message(_ kind: Character, _ body: [UInt8]) -> [UInt8] {
        let size = body.count + 4
        return [kind.asciiValue ?? 0, 0, 0, UInt8(size >> 8), UInt8(size & 0xff)] + body
    }

    @Test("They are read, whatever parts they come in", arguments: [1, 2, 5, 1000])
    func messages(chunk: Int) throws {
        var reader = PostgresReader()
        var messages: [PostgresMessage] = []
        var rest = Self.stream[...]
        while !rest.isEmpty {
            Array(rest.prefix(chunk)).withUnsafeBytes { reader.receive($0) }
            rest = rest.dropFirst(chunk)
            while let message = try reader.next() { messages.append(message) }
        }
        #expect(
            messages == [
                .wantsSASL(mechanisms: ["SCRAM-SHA-256"]), .authenticated,
                .parameter(name: "server_version", value: "15.3"), .other(UInt8(ascii: "K")),
                .ready,
                .row(first: "42"), .row(first: nil), .wantsMD5(salt: [9, 8, 7, 6]),
                .error(code: "57P03", text: "the database system is starting up"),
            ])
    }

    @Test("What is no message is refused")
    func refused() {
        func fault(_ bytes: [UInt8]) -> PostgresFault? {
            var reader = PostgresReader()
            bytes.withUnsafeBytes { reader.receive($0) }
            do throws(PostgresFault) {
                _ = try reader.next()
                return nil
            } catch {
                return error
            }
        }
        #expect(fault(Array("HTTP/1.1 400".utf8)) == .malformed)
        #expect(fault(Array("+PONG".utf8)) == .notPostgres)
        #expect(fault([UInt8(ascii: "R"), 0, 0, 0, 3]) == .malformed)
        #expect(fault([UInt8(ascii: "R"), 0, 0, 0, 5, 0]) == .malformed)
        #expect(fault([UInt8(ascii: "D"), 0, 0, 0, 10, 0, 1, 0, 0, 0, 9]) == .malformed)
    }

    @Test("Mutated messages never trap")
    func mutatedMessages() {
        var random = SplitMix64(seed: 5)
        for _ in 0..<5000 {
            var reader = PostgresReader()
            mutated(Self.stream, with: &random).withUnsafeBytes { reader.receive($0) }
            for _ in 0..<20 { guard (try? reader.next()) != nil else { break } }
        }
    }

    @Test("Requests are as the protocol has them")
    func requests() {
        #expect(PostgresRequest.tls == [0, 0, 0, 8, 4, 210, 22, 47])
        #expect(PostgresRequest.terminate == [88, 0, 0, 0, 4])
        #expect(PostgresRequest.query("SELECT 1") == [81, 0, 0, 0, 13] + Array("SELECT 1\0".utf8))
        #expect(
            PostgresRequest.startup(user: "u", database: "d").prefix(8) == [
                0, 0, 0, 51, 0, 3, 0, 0,
            ])
    }
}
