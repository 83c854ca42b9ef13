// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Writes the parts of a small GGUF file in the order in which ``GGUFReader`` reads them.
package struct GGUFWriter {
    package private(set) var bytes: [UInt8] = []

    /// An empty file.
    package init() {}

    package mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func append(_ text: String) {
        append(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    package mutating func appendHeader(version: UInt32 = 3, tensors: UInt64, metadata: UInt64) {
        bytes.append(contentsOf: "GGUF".utf8)
        append(version)
        append(tensors)
        append(metadata)
    }

    package mutating func appendMetadata(_ key: String, _ value: String) {
        append(key)
        append(GGUFValueType.string.rawValue)
        append(value)
    }

    package mutating func appendMetadata(_ key: String, _ value: UInt32) {
        append(key)
        append(GGUFValueType.uint32.rawValue)
        append(value)
    }

    package mutating func appendTensor(
        _ name: String, _ dimensions: [UInt64], type: UInt32 = GGMLType.f32.rawValue,
        offset: UInt64
    ) {
        append(name)
        append(UInt32(clamping: dimensions.count))
        for dimension in dimensions { append(dimension) }
        append(type)
        append(offset)
    }

    /// Adds zeros up to a multiple of `alignment` bytes.
    package mutating func pad(to alignment: Int) {
        while !bytes.count.isMultiple(of: alignment) { bytes.append(0) }
    }
}
