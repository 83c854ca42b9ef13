// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import GGUF

@Suite("A GGUF header")
struct GGUFHeaderTests {
    @Test("The demo model is read as it was written")
    func demo() throws {
        let header = try readHeader(DemoModel.bytes)
        #expect(header.version == 3)
        #expect(header.name == "vitals-demo")
        #expect(header.architecture == "demo")
        #expect(header.alignment == 32)
        #expect(header.dataStart.isMultiple(of: 32))
        #expect(
            header.tensors == [
                GGUFTensor(
                    name: "token_embd.weight", dimensions: [8, 4], type: .f32, offset: 0,
                    byteCount: 128),
                GGUFTensor(
                    name: "output_norm.weight", dimensions: [8], type: .f32, offset: 128,
                    byteCount: 32),
            ])
        #expect(DemoModel.bytes.count == Int(header.dataStart) + 160)
    }

    @Test("Every type of value is read, and arrays of arrays")
    func everyType() throws {
        let header = try readHeader(richFile())
        #expect(header.name == "Rich")
        #expect(header.tensors.map(\.name) == ["v", "m", "zero", "scalar"])
        #expect(header.tensors.map(\.byteCount) == [32, 272, 0, 4])
        #expect(header.tensors[3].dimensions == [])
    }

    @Test("Version 2 is read too")
    func version2() throws {
        #expect(try readHeader(ggufFile(version: 2)).version == 2)
    }

    @Test("A file without tensors may end before its data would begin")
    func noTensors() throws {
        let bytes = Array(ggufFile().prefix(24))
        let header = try readHeader(bytes)
        #expect(header.dataStart == 32)
        #expect(header.name == nil && header.architecture == nil && header.tensors == [])
    }

    @Test("The alignment is the file's own, wherever its key is")
    func alignment() throws {
        let bytes = ggufFile(tensors: 1, metadata: 2, data: 8) { writer in
            writer.appendMetadata("x", 1)
            writer.appendMetadata("general.alignment", 8)
            writer.appendTensor("t", [1], offset: 8)
            writer.pad(to: 8)
            writer.append(UInt64(0))
            writer.append(UInt32(0))
        }
        let header = try readHeader(bytes)
        #expect(header.alignment == 8)
        #expect(header.dataStart == 112)
    }

    @Test("Names of 64 bytes and keys of 65535 are accepted")
    func longNames() throws {
        let bytes = ggufFile(tensors: 1, metadata: 1, data: 4) { writer in
            writer.appendMetadata(String(repeating: "k", count: 65_535), 1)
            writer.appendTensor(String(repeating: "t", count: 64), [1], offset: 0)
        }
        #expect(try readHeader(bytes).tensors.count == 1)
    }

    @Test("Names with different bytes that are equal as Strings are two names")
    func canonicalEquivalence() throws {
        let bytes = ggufFile(metadata: 2) { writer in
            writer.appendMetadata("caf\u{e9}", 1)
            writer.appendMetadata("cafe\u{301}", 1)
        }
        #expect(throws: Never.self) { try readHeader(bytes) }
    }

    @Test("A very long model name is cut")
    func longModelName() throws {
        let bytes = ggufFile(metadata: 1) { writer in
            writer.appendMetadata("general.name", String(repeating: "n", count: 5000))
        }
        #expect(try readHeader(bytes).name?.count == 1024)
    }

    @Test("Arrays may be eight deep")
    func deepArrays() throws {
        #expect(throws: Never.self) { try readHeader(nestedArrays(depth: 8)) }
    }

    @Test("Tensors may have any order, and some of them may be empty")
    func anyOrder() throws {
        let bytes = ggufFile(tensors: 4, data: 64) { writer in
            writer.appendTensor("second", [8], offset: 32)
            writer.appendTensor("empty", [0], offset: 32)
            writer.appendTensor("first", [8], offset: 0)
            writer.appendTensor("empty, too", [4, 0], offset: 0)
        }
        #expect(try readHeader(bytes).tensors.count == 4)
    }

    @Test("The most keys and tensors, all of them similar, and the last one twice")
    func largest() throws {
        let count: UInt64 = 1 << 17
        func bytes(last: String) -> [UInt8] {
            ggufFile(tensors: count, metadata: count) { writer in
                for key in 0..<count - 1 { writer.appendMetadata("tokenizer.key.\(key)", 1) }
                writer.appendMetadata("tokenizer.key.\(last)", 1)
                for tensor in 0..<count - 1 {
                    writer.appendTensor("blk.\(tensor).weight", [0], offset: 0)
                }
                writer.appendTensor("blk.\(last).weight", [0], offset: 0)
            }
        }
        let header = try readHeader(bytes(last: "last"))
        #expect(header.tensors.count == Int(count))
        guard
            case .metadata(key: "tokenizer.key.0", offset: _, .duplicate) = readingError(
                bytes(last: "0"))
        else {
            Issue.record("the second key of that name was not seen")
            return
        }
    }

    @Test("Given too few bytes of a good file, it asks for more until it has them")
    func asksForMore() throws {
        let bytes = richFile()
        let whole = try readHeader(bytes)
        for count in 0..<bytes.count {
            switch readingError(Array(bytes.prefix(count)), fileSize: bytes.count) {
            case .moreBytesNeeded(let needed):
                #expect(needed > UInt64(count) && needed <= whole.dataStart)
            case nil: #expect(UInt64(count) + 32 > whole.dataStart)
            case let error?: Issue.record("\(count) bytes: \(error.text)")
            }
        }
    }
}

/// A file with one value: arrays within arrays, the innermost empty.
func nestedArrays(depth: Int) -> [UInt8] {
    ggufFile(metadata: 1) { writer in
        writer.appendKey("deep", .array)
        for level in 1...depth {
            writer.appendArray(of: level == depth ? .uint8 : .array, count: level == depth ? 0 : 1)
        }
    }
}
