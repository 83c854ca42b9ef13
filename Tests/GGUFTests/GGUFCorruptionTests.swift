// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import GGUF

/// A broken file and the error that it must give.
struct Corruption: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let error: GGUFError

    init(_ description: String, _ bytes: [UInt8], _ error: GGUFError) {
        self.testDescription = description
        self.bytes = bytes
        self.error = error
    }
}

@Suite("A corrupt GGUF file")
struct GGUFCorruptionTests {
    @Test(
        "is rejected with its exact error",
        arguments: headerCorruptions + metadataCorruptions + tensorCorruptions)
    func refused(_ corruption: Corruption) {
        let error = readingError(corruption.bytes)
        #expect(error == corruption.error)
        #expect(error?.text.isEmpty == false)
    }

    @Test("cut off at any byte is never accepted")
    func truncated() {
        for bytes in [DemoModel.bytes, richFile()] {
            for count in 0..<bytes.count {
                let error = readingError(Array(bytes.prefix(count)))
                #expect(error != nil, "\(count) of \(bytes.count) bytes")
                if case .moreBytesNeeded = error { Issue.record("asks beyond the file's end") }
            }
        }
    }

    @Test("with any one byte changed in any way never traps")
    func changedByte() throws {
        for good in [DemoModel.bytes, richFile()] {
            let dataStart = Int(try readHeader(good).dataStart)
            for index in 0..<dataStart {
                for mask in [1, 2, 4, 8, 16, 32, 64, 128, 0xff] as [UInt8] {
                    var bytes = good
                    bytes[index] ^= mask
                    expectSane(bytes)
                }
            }
        }
    }

    @Test("with random changes never traps")
    func randomChanges() {
        var generator = SplitMix64(seed: 20_261_121)
        let good = richFile()
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[place] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &generator) ?? 0
            }
            expectSane(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))))
        }
    }

    /// If it is accepted, every tensor lies within the file.
    private func expectSane(_ bytes: [UInt8]) {
        guard let header = try? readHeader(bytes) else { return }
        for tensor in header.tensors {
            let end = header.dataStart + tensor.offset + tensor.byteCount
            #expect(end <= UInt64(bytes.count))
        }
    }

    @Test("has names in its errors that cannot forge a log line")
    func printableNames() {
        let bytes = ggufFile(metadata: 1) { writer in
            writer.append("a\n\u{1b}[31m\u{e9}" + String(repeating: "x", count: 100))
            writer.append(UInt32(99))
        }
        let name = "a\\x0a\\x1b[31m\\xc3\\xa9" + String(repeating: "x", count: 55) + "..."
        #expect(
            readingError(bytes) == .metadata(key: name, offset: 141, .unknownType(99)))
    }
}
