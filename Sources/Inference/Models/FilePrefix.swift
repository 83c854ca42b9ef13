// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import GGUF
import SystemIO

/// The first bytes of a file, copied into memory of our own.
struct FilePrefix: ~Copyable {
    private var storage = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    deinit { free(storage.baseAddress) }

    /// Reads until there are `count` bytes. False if the file is shorter.
    mutating func extend(
        to count: Int, from descriptor: borrowing FileDescriptor
    ) throws(SystemCallError) -> Bool {
        guard count > storage.count else { return true }
        var filled = storage.count
        // The kernel remaps the pages of large memory: nothing is copied, and there are never two copies.
        guard let larger = realloc(storage.baseAddress, count) else {
            throw SystemCallError("realloc", Errno(rawValue: ENOMEM))
        }
        storage = UnsafeMutableRawBufferPointer(start: larger, count: count)
        while filled < count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: storage[filled...])
            switch try descriptor.read(into: rest, at: UInt64(filled)) {
            case .bytes(let read): filled += read
            case .endOfFile, .wouldBlock: return false
            }
        }
        return true
    }

    func header(fileSize: UInt64) throws(GGUFError) -> GGUFHeader {
        try GGUFHeader(reading: UnsafeRawBufferPointer(storage), fileSize: fileSize)
    }
}
