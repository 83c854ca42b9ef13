// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Reads the first bytes of a file in order, and never beyond the given bytes or the end of the file.
struct GGUFCursor {
    private let bytes: UnsafeRawBufferPointer

    /// The length of the whole file, of which `bytes` may be only the beginning.
    let fileSize: UInt64

    /// Bytes that have been read.
    private(set) var offset: UInt64 = 0

    init(_ bytes: UnsafeRawBufferPointer, fileSize: UInt64) {
        self.bytes = UnsafeRawBufferPointer(rebasing: bytes.prefix(Int(clamping: fileSize)))
        self.fileSize = fileSize
    }

    /// Bytes of the file that have not been read.
    var remaining: UInt64 { fileSize - offset }

    /// The first bytes of the file, `count` at most.
    func beginning(_ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes.prefix(count))
    }

    /// The next `count` bytes, without a copy.
    mutating func take(_ count: UInt64) throws(GGUFError) -> UnsafeRawBufferPointer {
        guard count <= remaining else {
            throw .truncated(offset: offset, needed: count, fileSize: fileSize)
        }
        let end = offset + count
        guard end <= UInt64(bytes.count) else { throw .moreBytesNeeded(end) }
        defer { offset = end }
        return UnsafeRawBufferPointer(rebasing: bytes[Int(offset)..<Int(end)])
    }

    /// The next number, little-endian.
    mutating func integer<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type
    ) throws(GGUFError) -> Number {
        let place = try take(UInt64(MemoryLayout<Number>.size))
        return Number(littleEndian: place.loadUnaligned(as: Number.self))
    }

    /// The next string: its length in eight bytes, then its bytes.
    mutating func string() throws(GGUFError) -> UnsafeRawBufferPointer {
        try take(integer(UInt64.self))
    }
}
