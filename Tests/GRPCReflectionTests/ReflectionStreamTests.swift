// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import ProtobufWire
import TestSupport
import Testing

@testable import GRPCReflection

@Suite("A stream of reflection requests")
struct ReflectionStreamTests {
    /// a imports b and c, b imports d, c imports d.
    private static let files = Descriptors.set(
        Descriptors.File(name: "d.proto", messages: [Descriptors.Message(name: "D")]),
        Descriptors.File(name: "c.proto", imports: ["d.proto"]),
        Descriptors.File(
            name: "b.proto", imports: ["d.proto"], messages: [Descriptors.Message(name: "B")],
            extensions: [(name: "e", message: "D", number: 7)]),
        Descriptors.File(
            name: "a.proto", imports: ["b.proto", "c.proto"],
            services: [(name: "S", methods: ["M"])]))

    private func stream() throws -> ReflectionStream {
        ReflectionStream(
            try ReflectionIndex(of: ["/S/M", "/R/M"], sets: [try DescriptorSet(Self.files)]))
    }

    private func request(
        _ number: UInt32, _ text: String, host: String? = nil
    ) -> [UInt8] {
        var writer = FieldWriter()
        if let host { writer.text(1, host) }
        writer.text(number, text)
        return writer.bytes
    }

    private func extensionRequest(_ message: String, _ number: Int) -> [UInt8] {
        var writer = FieldWriter()
        writer.message(5) {
            $0.text(1, message)
            $0.int64(2, Int64(number))
        }
        return writer.bytes
    }

    @Test("gets the file first, then what it imports, each once")
    func imports() throws {
        var stream = try stream()
        let answer = try Answer(try stream.answer(request(4, "S")))
        #expect(answer.names == ["a.proto", "b.proto", "c.proto", "d.proto"])
    }

    @Test("gets no import twice, and always the file that it asks for")
    func sentFiles() throws {
        var stream = try stream()
        let names = try [
            request(4, "B"), request(3, "a.proto"), request(3, "a.proto"), request(4, "D"),
            extensionRequest("D", 7),
        ].map { try Answer(try stream.answer($0)).names }
        #expect(
            names == [
                ["b.proto", "d.proto"], ["a.proto", "c.proto"], ["a.proto"], ["d.proto"],
                ["b.proto"],
            ])
        var other = try self.stream()
        #expect(try Answer(try other.answer(request(3, "d.proto"))).names == ["d.proto"])
    }

    @Test("gets the services sorted")
    func services() throws {
        var stream = try stream()
        #expect(try Answer(try stream.answer(request(7, ""))).services == ["R", "S"])
        #expect(try Answer(try stream.answer(request(7, "*"))).services == ["R", "S"])
    }

    @Test("gets the numbers of extensions")
    func extensionNumbers() throws {
        var stream = try stream()
        let answer = try Answer(try stream.answer(request(6, "D")))
        #expect(answer.extended == "D" && answer.numbers == [7])
        let none = try Answer(try stream.answer(request(6, "B")))
        #expect(none.extended == "B" && none.numbers == [])
    }

    @Test("gets its host and its request back, byte for byte")
    func echo() throws {
        var stream = try stream()
        // A field of a later version of the protocol is part of the request.
        let bytes = request(7, "", host: "example.org:443") + request(99, "later")
        let answer = try Answer(try stream.answer(bytes))
        #expect(answer.host == "example.org:443" && answer.request == bytes)
    }

    @Test("gets NOT_FOUND for what is not there, and goes on")
    func notFound() throws {
        var stream = try stream()
        let failures = [
            (request(3, "x.proto"), "file not found: x.proto"),
            (request(4, "X"), "symbol not found: X"), (request(4, ""), "symbol not found: "),
            // Listed, and not described.
            (request(4, "R"), "symbol not found: R"),
            (extensionRequest("D", -8), "extension not found: number -8 of D"),
            (request(6, "S"), "message not found: S"),
        ]
        for (bytes, text) in failures {
            let answer = try Answer(try stream.answer(bytes))
            #expect(answer.code == 5 && answer.text == text && answer.request == bytes)
        }
        #expect(try Answer(try stream.answer(request(3, "d.proto"))).names == ["d.proto"])
    }

    @Test("ends when nothing is asked")
    func nothing() throws {
        for bytes in [[], request(1, "host"), request(99, "later")] {
            var stream = try stream()
            let status = #expect(throws: Status.self) { try stream.answer(bytes) }
            #expect(status?.code == .invalidArgument)
        }
    }

    @Test("takes the last question of several")
    func lastQuestion() throws {
        var stream = try stream()
        let answer = try Answer(try stream.answer(request(4, "X") + request(7, "")))
        #expect(answer.services == ["R", "S"] && answer.code == nil)
    }

    @Test(
        "ends when a request is no message",
        arguments: [
            [0xff], [0x1a, 5], [0x18, 1], [0x38, 1], [0x28, 0], [0x2a, 1, 0xff],
            [0x1a, 1, 0xff], [0x2a, 2, 0x08, 0], [0x2a, 2, 0x12, 0],
        ] as [[UInt8]])
    func malformed(_ bytes: [UInt8]) throws {
        var stream = try stream()
        let status = #expect(throws: Status.self) { try stream.answer(bytes) }
        #expect(status?.code == .internal)
    }

    @Test("never traps, whatever it is sent")
    func random() throws {
        var stream = try stream()
        var generator = SplitMix64(seed: 13)
        for _ in 0..<5_000 {
            let count = Int.random(in: 0..<40, using: &generator)
            var bytes = request([3, 4, 5, 6, 7].randomElement(using: &generator)!, "d.proto")
            for _ in 0..<count { bytes.append(UInt8.random(in: 0...255, using: &generator)) }
            _ = try? stream.answer(bytes)
        }
        #expect(try Answer(try stream.answer(request(7, ""))).services == ["R", "S"])
    }
}
