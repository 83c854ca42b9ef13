// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a GGUF file. Sizes are bytes; an `offset` is the place of the fault, in bytes from the start of the
/// file. Names are printable.
package enum GGUFError: Error, Equatable, Sendable {
    /// The file begins with this instead of "GGUF".
    case wrongMagic(GGUFBeginning)
    /// A version that is neither 2 nor 3.
    case unsupportedVersion(UInt32)
    /// A file for big-endian machines, of this version.
    case bigEndian(version: UInt32)
    /// The file ends before the `needed` bytes at `offset`.
    case truncated(offset: UInt64, needed: UInt64, fileSize: UInt64)
    /// The data of a tensor ends at `end` (nil: beyond what 64 bits can count), after the file does.
    case tensorOutsideFile(tensor: String, end: UInt64?, fileSize: UInt64)
    /// The given bytes end within the header, but the file does not: so many bytes are needed at least.
    case moreBytesNeeded(UInt64)
    /// The header is longer than the reader accepts.
    case headerTooLong(limit: Int)
    /// A count for which the rest of the file has no room.
    case impossibleCount(Counted, offset: UInt64, found: UInt64, atMost: UInt64)
    /// A count larger than any real model has: checking so many items would take too much memory.
    case absurdCount(Counted, offset: UInt64, found: UInt64, limit: UInt64)
    /// The file has no tensor.
    case noTensors
    /// The file has another kind of content than a model (`general.type`).
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
        /// A type that does not exist.
        case unknownType(UInt32)
        /// The format defines another type for the key.
        case wrongType(found: GGUFValueType, expected: GGUFValueType)
        /// Arrays nested too deep.
        case nestedTooDeep(limit: Int)
        /// A boolean that is neither 0 nor 1.
        case invalidBool(UInt8)
        /// An alignment that is not a power of two.
        case notAPowerOfTwo(UInt32)
    }

    /// What is wrong with an entry of the tensor table.
    package enum TensorFault: Equatable, Sendable {
        /// The file has the name twice.
        case duplicate
        /// More than four dimensions.
        case dimensionCount(UInt32)
        /// A type that does not exist, or not any more.
        case unknownType(UInt32)
        /// A row that is not a multiple of the type's block.
        case partialBlock(row: UInt64, block: UInt64)
        /// Dimensions whose product does not fit into 64 bits.
        case tooLarge
        /// Data that does not begin at a multiple of the alignment.
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
    /// The most metadata keys and tensors: a hundred times what large models have.
    static let mostKeys: UInt64 = 1 << 17
    static let mostTensors: UInt64 = 1 << 17
}
