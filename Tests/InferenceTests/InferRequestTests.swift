// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import ProtobufWire
import TestSupport
import Testing

@testable import Inference

@Suite("A request to Infer")
struct InferRequestTests {
    private func decode(_ fields: [UInt8]...) throws(Status) -> InferRequest {
        let bytes = Array(fields.joined())
        return try bytes.withUnsafeBufferPointer { bytes throws(Status) in
            try InferRequest(decoding: UnsafeRawBufferPointer(bytes))
        }
    }

    /// The status with which reading fails.
    private func refusal(_ fields: [UInt8]...) -> Status? {
        do throws(Status) {
            _ = try decode(Array(fields.joined()))
            return nil
        } catch {
            return error
        }
    }

    private func varint(_ number: UInt64) -> [UInt8] {
        number < 128
            ? [UInt8(number)] : [UInt8(number & 127) | 128] + varint(number >> 7)
    }

    /// A field of a text, or of a message.
    private func field(_ number: UInt64, _ bytes: [UInt8]) -> [UInt8] {
        varint(number << 3 | 2) + varint(UInt64(bytes.count)) + bytes
    }

    private func field(_ number: UInt64, _ text: String) -> [UInt8] {
        field(number, Array(text.utf8))
    }

    private func maxTokens(_ number: Int32) -> [UInt8] {
        [0x10] + varint(UInt64(bitPattern: Int64(number)))
    }

    private func float(_ number: UInt64, _ value: Float) -> [UInt8] {
        varint(number << 3 | 5) + value.bitPattern.bigEndianBytes.reversed()
    }

    private func entry(_ key: String, _ value: String) -> [UInt8] {
        field(6, field(1, key) + field(2, value))
    }

    private func letters(_ count: Int) -> String { String(repeating: "x", count: count) }

    @Test("A missing field has its default")
    func defaults() throws {
        #expect(try decode([]) == InferRequest(prompt: ""))
        let request = try decode(field(1, "hello"))
        #expect(request.prompt == "hello" && request.maxTokens == 128)
        #expect(request.temperature == 0.7 && request.topP == 0.95)
        #expect(request.stop.isEmpty && request.context.isEmpty)
    }

    @Test("Given fields are read")
    func values() throws {
        let request = try decode(
            field(1, "é\u{0}x"), maxTokens(7), float(3, 1.5), field(4, "\n"), field(4, ""),
            field(4, "END"), float(5, 0.5), entry("a", "1"), entry("b\u{0}c", ""))
        #expect(request.prompt == "é\u{0}x" && request.maxTokens == 7)
        #expect(request.temperature == 1.5 && request.topP == 0.5)
        #expect(request.stop == ["\n", "END"])
        #expect(request.context == ["a": "1", "b\u{0}c": ""])
    }

    @Test("A given temperature of 0 is greedy; other zeros are defaults")
    func zeros() throws {
        let request = try decode(maxTokens(0), float(3, 0), float(5, 0))
        #expect(request.temperature == 0)
        #expect(request.maxTokens == 128 && request.topP == 0.95)
    }

    @Test("Everything at its limit is accepted")
    func atTheLimits() throws {
        let stops = (0..<16).flatMap { _ in field(4, letters(256)) }
        let context = (0..<64).flatMap {
            entry("\($0)" + letters(254), letters($0 == 0 ? 16 << 10 : 1))
        }
        let request = try decode(
            field(1, letters(1 << 20)), maxTokens(32_768), float(3, 2), stops, float(5, 1), context)
        #expect(request.prompt.utf8.count == 1 << 20 && request.stop.count == 16)
        #expect(request.context.count == 64)
    }

    @Test("Beyond a limit is INVALID_ARGUMENT, with the field and the limit")
    func beyondTheLimits() {
        let refusals = [
            (
                refusal(field(1, letters(1 << 20 + 1))),
                "prompt has 1048577 bytes: use 1048576 at most"
            ),
            (refusal(maxTokens(32_769)), "max_tokens is 32769: use 1 to 32768, or 0 for 128"),
            (refusal(maxTokens(-1)), "max_tokens is -1: use 1 to 32768, or 0 for 128"),
            (refusal(float(3, 2.5)), "temperature is 2.5: use 0 to 2.0"),
            (refusal(float(3, -1)), "temperature is -1.0: use 0 to 2.0"),
            (refusal(float(3, .nan)), "temperature is nan: use 0 to 2.0"),
            (
                refusal(float(5, 1.5)),
                "top_p is 1.5: use a number above 0, at most 1, or 0 for 0.95"
            ),
            (
                refusal(float(5, .nan)),
                "top_p is nan: use a number above 0, at most 1, or 0 for 0.95"
            ),
            (refusal(field(4, letters(257))), "stop has 257 bytes: use 256 at most"),
            (
                refusal((0..<17).flatMap { _ in field(4, "x") }),
                "stop has 17 entries: use 16 at most"
            ),
            (refusal(entry(letters(257), "")), "context key has 257 bytes: use 256 at most"),
            (
                refusal(entry("", letters(16385))),
                "context value has 16385 bytes: use 16384 at most"
            ),
            (
                refusal((0..<65).flatMap { entry("\($0)", "") }),
                "context has 65 entries: use 64 at most"
            ),
        ]
        for (refusal, text) in refusals {
            #expect(refusal == Status(.invalidArgument, text))
        }
    }

    @Test("Texts that are not UTF-8 are INTERNAL, as in other servers")
    func notUTF8() {
        for (number, name) in [(1, "prompt"), (4, "stop")] as [(UInt64, String)] {
            #expect(
                refusal(field(number, [0xff]))
                    == Status(.internal, "the request's \(name) is not valid UTF-8"))
        }
    }
}
