// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// A file in memory, read-only and shared with the page cache; unmapped when its owner lets go of it.
///
/// Pages are read from the file when they are first touched, and may be dropped again by the kernel.
/// Touching one that the file no longer has (it was truncated after it was mapped) raises SIGBUS.
public struct FileMapping: ~Copyable, Sendable {
    // A number and not a pointer: what it leads to never changes through us, so any thread may have it.
    private let address: UInt

    /// The length in bytes, at least one.
    package let count: Int

    deinit { munmap(UnsafeMutableRawPointer(bitPattern: address), count) }

    /// Maps the first `count` bytes of an open file, which may be closed afterwards (C: `mmap`).
    package static func map(
        _ descriptor: borrowing FileDescriptor, count: Int
    ) throws(SystemCallError) -> FileMapping {
        guard count > 0 else { throw SystemCallError("mmap", .invalidArgument) }
        guard let start = clinux_map_read_only(descriptor.rawValue, count) else {
            throw SystemCallError("mmap", Errno.current)
        }
        return FileMapping(address: UInt(bitPattern: start), count: count)
    }

    /// Calls `body` with the bytes, which are valid only during the call.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        body(UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: count))
    }

    /// Asks the kernel to read `length` bytes from `offset` on, a multiple of the page size, into the page
    /// cache. Touches nothing: also of a file that has become shorter (C: `madvise`, `MADV_WILLNEED`).
    package func prefetch(from offset: Int, _ length: Int) {
        guard offset >= 0, length > 0, offset < count else { return }
        let start = UnsafeMutableRawPointer(bitPattern: address + UInt(offset))
        // An advice: what comes of it is seen when the file is read.
        _ = madvise(start, min(length, count - offset), MADV_WILLNEED)
    }
}
