// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a GGUF file. Sizes are bytes; an `offset` counts bytes from the start of the file to
/// what is wrong. Names are fit for a log.
package enum GGUFError: Error, Equatable, Sendable {
    /// The file does not begin with "GGUF" but with this.
    case wrongMagic(GGUFBeginning)
    /// A version that is neither 2 nor 3.
    case unsupportedVersion(UInt32)
    /// A file for big-endian machines, of this version.
    case bigEndian(version: UInt32)
    /// The file ends before the `needed` bytes at `offset`.
    case truncated(offset: UInt64, needed: UInt64, fileSize: UInt64)
    /// The data of a tensor ends at `end` (nil: beyond what 64 bits can count), after the file does.
    case tensorOutsideFile(tensor: String, end: UInt64?, fileSize: UInt64)
    /// The bytes given end within the header, but the file does not: read on, so many bytes at least.
    case moreBytesNeeded(UInt64)
    /// The header is longer than the reader was told to accept.
    case headerTooLong(limit: Int)
    /// More of something than the rest of the file has room for.
    case impossibleCount(Counted, offset: UInt64, found: UInt64, atMost: UInt64)
    /// More of something than any real model has: what lies behind it would cost too much memory to check.
    case absurdCount(Counted, offset: UInt64, found: UInt64, limit: UInt64)
    /// The file has no tensor: nothing could be computed with it.
    case noTensors
    /// The file is of another kind than a model (`general.type`).
    case notAModel(kind: String)
    case keyLength(offset: UInt64, found: UInt64)
    case tensorNameLength(offset: UInt64, found: UInt64)
    case metadata(key: String, offset: UInt64, MetadataFault)
    case tensor(String, offset: UInt64, TensorFault)

    /// What the header counts.
    package enum Counted: Equatable, Sendable {
        case tensors, metadataKeys
        case elements(key: String)
    }

    /// What is wrong with a metadata key or its value.
    package enum MetadataFault: Equatable, Sendable {
        /// The file has the key twice.
        case duplicate
        /// A type that there is none of.
        case unknownType(UInt32)
        /// The format itself defines the key, with another type.
        case wrongType(found: GGUFValueType, expected: GGUFValueType)
        /// Arrays in arrays, deeper than any reader needs.
        case nestedTooDeep(limit: Int)
        /// A truth value that is neither 0 nor 1.
        case invalidBool(UInt8)
        /// An alignment that is not a power of two.
        case notAPowerOfTwo(UInt32)
    }

    /// What is wrong with an entry of the tensor table.
    package enum TensorFault: Equatable, Sendable {
        /// The file has the name twice.
        case duplicate
        /// More dimensions than four.
        case dimensionCount(UInt32)
        /// A type that there is none of, or no longer.
        case unknownType(UInt32)
        /// A row of so many numbers, which are not whole blocks of the type.
        case partialBlock(row: UInt64, block: UInt64)
        /// Dimensions whose product 64 bits cannot hold.
        case tooLarge
        /// Data that would begin between two multiples of the alignment.
        case misaligned(found: UInt64, alignment: UInt64)
        /// Data that this tensor shares with another.
        case overlaps(String)
    }

    /// The longest key, in bytes.
    static let longestKey: UInt64 = 65_535
    /// The longest name of a tensor, in bytes.
    static let longestTensorName: UInt64 = 64
    /// The most dimensions of a tensor.
    static let mostDimensions: UInt32 = 4
    /// The most metadata keys, and the most tensors: a hundred times what large models have.
    static let mostKeys: UInt64 = 1 << 17
    static let mostTensors: UInt64 = 1 << 17
}
