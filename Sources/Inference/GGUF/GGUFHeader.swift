// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The part of a GGUF file before its data: the counts, the metadata that matters here and the table of tensors, all
/// checked against the length of the file.
///
/// The format, versions 2 and 3 (numbers are little-endian, a string is a UInt64 length and bytes):
///
///     "GGUF"  version UInt32  tensors UInt64  metadata keys UInt64
///     metadata: key string, type UInt32, value              (an array: type UInt32, count UInt64, values)
///     tensors:  name string, dimensions UInt32 and UInt64 each, type UInt32, offset UInt64
///     padding to the alignment, then the data, which the offsets count from
///
/// Source: ggml's docs/gguf.md and the types of ggml.h (2026).
package struct GGUFHeader: Equatable, Sendable {
    /// 2 or 3.
    package let version: UInt32

    /// `general.name`, at most the first 1024 bytes of it.
    package let name: String?

    /// `general.architecture`, such as "llama"; at most the first 1024 bytes of it.
    package let architecture: String?

    /// `general.type`, such as "adapter"; nil in older files, all of which are models.
    package let kind: String?

    /// Which part of a split model it is.
    package let split: GGUFSplit

    /// `general.alignment` in bytes, a power of two; 32 if the file does not say.
    package let alignment: UInt64

    package let tensors: [GGUFTensor]

    /// Where the data begins, in bytes from the start of the file. A file without tensors may end before.
    package let dataStart: UInt64

    /// Reads and checks the header, and no data of tensors. Takes time linear in the length of the header.
    ///
    /// - Parameters:
    ///   - bytes: The beginning of the file, or all of it.
    ///   - fileSize: The length of the whole file in bytes.
    /// - Throws: ``GGUFError/moreBytesNeeded(_:)`` when the header is longer than `bytes`: call again with more.
    package init(reading bytes: UnsafeRawBufferPointer, fileSize: UInt64) throws(GGUFError) {
        var reader = GGUFReader(bytes, fileSize: fileSize)
        self = try reader.read()
    }

    /// Where the last tensor's data ends, in bytes from the start of the file.
    package var dataEnd: UInt64 {
        // The reader has checked that each is within the file.
        tensors.reduce(dataStart) { max($0, dataStart + $1.offset + $1.byteCount) }
    }

    init(
        version: UInt32, metadata: GGUFMetadata, tensors: [GGUFTensor], dataStart: UInt64
    ) {
        self.version = version
        self.name = metadata.name
        self.architecture = metadata.architecture
        self.kind = metadata.kind
        self.split = metadata.split
        self.alignment = metadata.alignment
        self.tensors = tensors
        self.dataStart = dataStart
    }
}

/// The metadata of a file that matters here.
struct GGUFMetadata {
    var count: UInt64 = 0
    var name: String?
    var architecture: String?
    var kind: String?
    var split = GGUFSplit()
    var alignment: UInt64 = 32
}
