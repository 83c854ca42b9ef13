// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemIO
import TestSupport
import Testing

@testable import HostMemory

@Suite("The memory of this process")
struct ProcessMemoryTests {
    @Test("It is what the kernel counts as resident")
    func statm() throws {
        let folder = try TemporaryFolder()
        try folder.write("765 403 374 5 0 123 0\n", to: "proc/self/statm")
        let pageSize = UInt64(sysconf(CInt(_SC_PAGESIZE)))
        #expect(try ProcessMemory(root: folder.path).residentBytes() == 403 * pageSize)
    }

    @Test("Files that are missing or strange are errors")
    func errors() throws {
        let folder = try TemporaryFolder()
        let memory = ProcessMemory(root: folder.path)
        #expect(
            throws: MemoryError.unreadable(
                path: "/proc/self/statm", SystemCallError("open", .noSuchFile))
        ) { try memory.residentBytes() }
        try folder.write("765 x 374\n", to: "proc/self/statm")
        #expect(throws: MemoryError.malformed(path: "/proc/self/statm")) {
            try memory.residentBytes()
        }
    }

    @Test("This process has some, and memory that it allocates counts")
    func thisProcess() throws {
        let memory = ProcessMemory()
        let before = try memory.residentBytes()
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 20, alignment: 4096)
        defer { block.deallocate() }
        // Not initializeMemory: without optimization it takes a minute under a sanitizer, and the other tests end meanwhile.
        memset(block.baseAddress!, 1, block.count)
        let after = try memory.residentBytes()
        // Other tests run at the same time, but none of them lets go of so much between the two reads.
        #expect(before > 0 && after > before + (128 << 20))
    }
}
