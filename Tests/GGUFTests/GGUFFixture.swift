// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport

@testable import GGUF

/// Reads a whole file that is in memory.
func readHeader(_ bytes: [UInt8], fileSize: Int? = nil) throws(GGUFError) -> GGUFHeader {
    try bytes.withUnsafeBufferPointer { (buffer) throws(GGUFError) in
        try GGUFHeader(
            reading: UnsafeRawBufferPointer(buffer), fileSize: UInt64(fileSize ?? bytes.count))
    }
}

/// The error that reading gives, or nil if it gives none.
func readingError(_ bytes: [UInt8], fileSize: Int? = nil) -> GGUFError? {
    do throws(GGUFError) {
        _ = try readHeader(bytes, fileSize: fileSize)
        return nil
    } catch {
        return error
    }
}

/// A file with every type of value, arrays of each kind, and four tensors.
func richFile() -> [UInt8] {
    ggufFile(tensors: 4, metadata: 17, data: 32 + 256 + 160 + 4) { writer in
        writer.appendMetadata("general.name", "Rich")
        writer.appendMetadata("general.architecture", "llama")
        writer.appendMetadata("general.alignment", 32)
        for type in GGUFValueType.allCases where type != .string && type != .array {
            writer.appendKey("a.\(type)", type)
            for _ in 0..<type.leastByteCount { writer.append(UInt8(1)) }
        }
        writer.appendKey("tokens", .array)
        writer.appendArray(of: .string, count: 3)
        for token in ["a", "", "c\u{e9}"] { writer.append(token) }
        writer.appendKey("nested", .array)
        writer.appendArray(of: .array, count: 2)
        writer.appendArray(of: .bool, count: 2)
        writer.append(UInt16(0x0100))
        writer.appendArray(of: .float64, count: 1)
        writer.append(UInt64(0))
        writer.appendKey("empty", .array)
        writer.appendArray(of: .uint32, count: 0)
        writer.appendTensor("v", [8], offset: 0)
        writer.appendTensor("m", [32, 2, 4], type: GGMLType.q8_0.rawValue, offset: 32)
        writer.appendTensor("zero", [0, 4], offset: 32)
        writer.appendTensor("scalar", [], offset: 32 + 256 + 160)
    }
}
