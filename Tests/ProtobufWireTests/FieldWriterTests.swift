// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CProtobufC
import CProtos
import GRPCWire
import ProtobufWire
import TestSupport
import Testing

@Suite("Messages that are written field by field")
struct FieldWriterTests {
    private func written(_ write: (inout FieldWriter) -> Void) -> [UInt8] {
        var writer = FieldWriter()
        write(&writer)
        #expect(writer.count == writer.bytes.count)
        return writer.bytes
    }

    @Test("The bytes are those of the examples in Protocol Buffers' documents")
    func examples() {
        #expect(written { $0.varint(1, 150) } == [0x08, 0x96, 0x01])
        #expect(written { $0.text(2, "testing") } == [0x12, 7] + Array("testing".utf8))
        #expect(written { $0.message(3) { $0.varint(1, 150) } } == [0x1a, 3, 0x08, 0x96, 0x01])
    }

    @Test("Zeros, empty texts and the largest numbers are written, too")
    func extremes() {
        #expect(written { $0.varint(1, 0) } == [0x08, 0])
        #expect(written { $0.text(1, "") } == [0x0a, 0])
        #expect(
            written { $0.varint(1, .max) } == [0x08] + [UInt8](repeating: 0xff, count: 9) + [1])
        #expect(written { $0.fixed64(1, 1 << 56 | 2) } == [0x09, 2, 0, 0, 0, 0, 0, 0, 1])
        #expect(written { $0.double(2, 1) } == [0x11, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f])
        #expect(written { $0.packed(16, fixed64: []) } == [0x82, 0x01, 0])
        #expect(written { $0.packed(1, fixed64: [7]) } == [0x0a, 8, 7, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test("Negative numbers have ten bytes, also in a packed field")
    func negative() {
        let minusTwo: [UInt8] = [0xfe] + [UInt8](repeating: 0xff, count: 8) + [1]
        #expect(written { $0.int64(4, -2) } == [0x20] + minusTwo)
        #expect(
            written { $0.packed(6, int32: [3, 270, -2]) } == [0x32, 13, 3, 0x8e, 2] + minusTwo)
    }

    @Test("A field of any kind is written as it was read")
    func copied() throws {
        let bytes: [UInt8] =
            [0x08, 0x96, 0x01, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1a, 2, 9, 9, 0x25, 1, 2, 3, 4]
            + [0xf8, 0xff, 0xff, 0xff, 0x0f, 1]
        try bytes.withUnsafeBytes { buffer in
            var reader = FieldReader(buffer, maxFields: 5)
            var writer = FieldWriter()
            while let field = try reader.next() { writer.field(field) }
            #expect(writer.bytes == bytes)
        }
    }

    @Test("protobuf-c and the reader find what was written")
    func roundTrip() throws {
        var random = SplitMix64(seed: 3)
        for _ in 0..<200 {
            let length = Int.random(in: 0..<300, using: &random)
            let name = [UInt8]((0..<length).map { _ in .random(in: 0...255, using: &random) })
            let bytes = written { $0.data(1, name) }
            let message = try #require(
                grpc__health__v1__health_check_request__unpack(nil, bytes.count, bytes))
            #expect(Array(message.pointee.service.bytes) == name)
            grpc__health__v1__health_check_request__free_unpacked(message, nil)
            let number = UInt64.random(in: 0...UInt64.max, using: &random) >> UInt64(length % 64)
            let field = written { $0.varint(5, number) }
            try field.withUnsafeBufferPointer { buffer in
                var reader = FieldReader(UnsafeRawBufferPointer(buffer), maxFields: 1)
                let found = try #require(try reader.next())
                #expect(found.number == 5)
                #expect(try found.int64() == Int64(bitPattern: number))
            }
        }
    }
}
