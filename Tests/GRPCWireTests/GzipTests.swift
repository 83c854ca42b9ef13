// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

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
        let message = try #require(message([UInt8](repeating: 0, count: 1 << 20)).gzipped)
        #expect(try read(message.bytes, limit: 1 << 20).first?.count == 1 << 20)
        let error = #expect(throws: Status.self) { try read(message.bytes, limit: 1 << 20 - 1) }
        #expect(error?.code == .resourceExhausted)
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
