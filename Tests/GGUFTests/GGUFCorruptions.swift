// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport

@testable import GGUF

let headerCorruptions = [
    Corruption("empty", [], .truncated(offset: 0, needed: 4, fileSize: 0)),
    Corruption(
        "a ZIP file", Array("PK\u{3}\u{4}....".utf8),
        .wrongMagic(GGUFBeginning(Array("PK\u{3}\u{4}....".utf8)))),
    Corruption("version 1", ggufFile(version: 1), .unsupportedVersion(1)),
    Corruption("version 4", ggufFile(version: 4), .unsupportedVersion(4)),
    Corruption("version 0", ggufFile(version: 0), .unsupportedVersion(0)),
    Corruption("big-endian", ggufFile(version: 0x0300_0000), .bigEndian(version: 3)),
    Corruption("big-endian, version 2", ggufFile(version: 0x0200_0000), .bigEndian(version: 2)),
    Corruption(
        "too many tensors", ggufFile(tensors: 1),
        .impossibleCount(.tensors, offset: 8, found: 1, atMost: 0)),
    Corruption(
        "2^64 - 1 tensors", ggufFile(tensors: .max),
        .impossibleCount(.tensors, offset: 8, found: .max, atMost: 0)),
    Corruption(
        "2^63 keys", ggufFile(metadata: 1 << 63, data: 20),
        .impossibleCount(.metadataKeys, offset: 16, found: 1 << 63, atMost: 2)),
    Corruption(
        "a tensor more than any model has", ggufFile(tensors: (1 << 17) + 1, data: 4 << 20),
        .absurdCount(.tensors, offset: 8, found: (1 << 17) + 1, limit: 1 << 17)),
    Corruption(
        "a key more than any model has", ggufFile(metadata: (1 << 17) + 1, data: 2 << 20),
        .absurdCount(.metadataKeys, offset: 16, found: (1 << 17) + 1, limit: 1 << 17)),
]

/// A file with one key, whose length stands at byte 24.
private func oneKey(_ build: (inout GGUFWriter) -> Void) -> [UInt8] {
    ggufFile(metadata: 1, build)
}

let metadataCorruptions = [
    Corruption(
        "a key of no bytes", oneKey { $0.appendMetadata("", 1) }, .keyLength(offset: 24, found: 0)),
    Corruption(
        "a key of 65536 bytes",
        oneKey { $0.appendMetadata(String(repeating: "k", count: 65_536), 1) },
        .keyLength(offset: 24, found: 65_536)),
    Corruption(
        "a key longer than the file",
        oneKey {
            $0.append(UInt64(1000))
            $0.append(UInt64(0))
        }, .truncated(offset: 32, needed: 1000, fileSize: 64)),
    Corruption(
        "the same key twice",
        ggufFile(metadata: 2) {
            $0.appendMetadata("k", 1)
            $0.appendMetadata("k", "other")
        }, .metadata(key: "k", offset: 41, .duplicate)),
    Corruption(
        "a value of type 13",
        oneKey {
            $0.append("k")
            $0.append(UInt32(13))
            $0.append(UInt32(0))
        }, .metadata(key: "k", offset: 33, .unknownType(13))),
    Corruption(
        "an array of type 99",
        oneKey {
            $0.appendKey("k", .array)
            $0.append(UInt32(99))
            $0.append(UInt64(0))
        }, .metadata(key: "k", offset: 37, .unknownType(99))),
    Corruption(
        "a string longer than the file",
        oneKey {
            $0.appendKey("k", .string)
            $0.append(UInt64.max)
        }, .truncated(offset: 45, needed: .max, fileSize: 64)),
    Corruption(
        "an array of 2^61 numbers of 8 bytes",
        oneKey {
            $0.appendKey("k", .array)
            $0.appendArray(of: .uint64, count: 1 << 61)
        }, .impossibleCount(.elements(key: "k"), offset: 41, found: 1 << 61, atMost: 1)),
    Corruption(
        "an array of more strings than fit",
        oneKey {
            $0.appendKey("k", .array)
            $0.appendArray(of: .string, count: 3)
        }, .impossibleCount(.elements(key: "k"), offset: 41, found: 3, atMost: 1)),
    Corruption(
        "arrays nine deep", nestedArrays(depth: 9),
        .metadata(key: "deep", offset: 136, .nestedTooDeep(limit: 8))),
    Corruption(
        "a boolean of 2",
        oneKey {
            $0.appendKey("k", .bool)
            $0.append(UInt8(2))
        }, .metadata(key: "k", offset: 37, .invalidBool(2))),
    Corruption(
        "a boolean of 255 in an array",
        oneKey {
            $0.appendKey("k", .array)
            $0.appendArray(of: .bool, count: 3)
            $0.append(UInt32(0x00ff_0001))
        }, .metadata(key: "k", offset: 51, .invalidBool(255))),
    Corruption(
        "an alignment of 0", oneKey { $0.appendMetadata("general.alignment", 0) },
        .metadata(key: "general.alignment", offset: 53, .notAPowerOfTwo(0))),
    Corruption(
        "an alignment of 24", oneKey { $0.appendMetadata("general.alignment", 24) },
        .metadata(key: "general.alignment", offset: 53, .notAPowerOfTwo(24))),
    Corruption(
        "an alignment that is a string", oneKey { $0.appendMetadata("general.alignment", "32") },
        .metadata(
            key: "general.alignment", offset: 49, .wrongType(found: .string, expected: .uint32))),
    Corruption(
        "a name that is a number", oneKey { $0.appendMetadata("general.name", 7) },
        .metadata(key: "general.name", offset: 44, .wrongType(found: .uint32, expected: .string))),
]

/// A file of 32 bytes of data with one tensor, whose entry begins at byte 24.
private func oneTensor(_ build: (inout GGUFWriter) -> Void) -> [UInt8] {
    ggufFile(tensors: 1, data: 32, build)
}

let tensorCorruptions = [
    Corruption(
        "a tensor without a name", oneTensor { $0.appendTensor("", [1], offset: 0) },
        .tensorNameLength(offset: 24, found: 0)),
    Corruption(
        "a tensor's name of 65 bytes",
        oneTensor { $0.appendTensor(String(repeating: "t", count: 65), [1], offset: 0) },
        .tensorNameLength(offset: 24, found: 65)),
    Corruption(
        "the same tensor twice",
        ggufFile(tensors: 2, data: 32) {
            $0.appendTensor("t", [1], offset: 0)
            $0.appendTensor("t", [2], offset: 0)
        }, .tensor("t", offset: 57, .duplicate)),
    Corruption(
        "a tensor that begins before the one before it ends",
        ggufFile(tensors: 2, data: 96) {
            $0.appendTensor("a", [9], offset: 0)
            $0.appendTensor("b", [1], offset: 32)
        }, .tensor("b", offset: 128, .overlaps("a"))),
    Corruption(
        "a tensor within another, listed before it",
        ggufFile(tensors: 3, data: 96) {
            $0.appendTensor("b", [1], offset: 32)
            $0.appendTensor("c", [1], offset: 64)
            $0.appendTensor("a", [16], offset: 0)
        }, .tensor("b", offset: 160, .overlaps("a"))),
    Corruption(
        "five dimensions", oneTensor { $0.appendTensor("t", [1, 1, 1, 1, 1], offset: 0) },
        .tensor("t", offset: 33, .dimensionCount(5))),
    Corruption(
        "a type that was withdrawn", oneTensor { $0.appendTensor("t", [1], type: 31, offset: 0) },
        .tensor("t", offset: 45, .unknownType(31))),
    Corruption(
        "a type to come", oneTensor { $0.appendTensor("t", [1], type: 43, offset: 0) },
        .tensor("t", offset: 45, .unknownType(43))),
    Corruption(
        "a row of half a block",
        oneTensor { $0.appendTensor("t", [16, 2], type: GGMLType.q4_0.rawValue, offset: 0) },
        .tensor("t", offset: 24, .partialBlock(row: 16, block: 32))),
    Corruption(
        "dimensions whose product overflows",
        oneTensor { $0.appendTensor("t", [1 << 32, 1 << 32], offset: 0) },
        .tensor("t", offset: 24, .tooLarge)),
    Corruption(
        "dimensions whose bytes overflow", oneTensor { $0.appendTensor("t", [1 << 62], offset: 0) },
        .tensor("t", offset: 24, .tooLarge)),
    Corruption(
        "an offset between two multiples of the alignment",
        oneTensor { $0.appendTensor("t", [1], offset: 16) },
        .tensor("t", offset: 49, .misaligned(found: 16, alignment: 32))),
    Corruption(
        "an offset at the end of the file", oneTensor { $0.appendTensor("t", [1], offset: 32) },
        .tensorOutsideFile(tensor: "t", end: 100, fileSize: 96)),
    Corruption(
        "an offset that overflows",
        oneTensor { $0.appendTensor("t", [1], offset: UInt64.max - 31) },
        .tensorOutsideFile(tensor: "t", end: nil, fileSize: 96)),
    Corruption(
        "a size that overflows",
        oneTensor { $0.appendTensor("t", [(1 << 62) - 1], offset: 0) },
        .tensorOutsideFile(tensor: "t", end: nil, fileSize: 96)),
    Corruption(
        "one byte of data missing",
        Array(oneTensor { $0.appendTensor("t", [8], offset: 0) }.dropLast()),
        .tensorOutsideFile(tensor: "t", end: 96, fileSize: 95)),
]
