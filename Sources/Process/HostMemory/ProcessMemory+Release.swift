// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

extension ProcessMemory {
    /// Limits the free memory that the allocator keeps, and has it map large blocks one by one. By default it adapts: it
    /// keeps up to twice the largest block that was ever freed (C: `mallopt`).
    package static func limitFreeMemory() {
        mallopt(M_MMAP_THRESHOLD, 1 << 20)
        mallopt(M_TRIM_THRESHOLD, 1 << 20)
    }

    /// Unmaps the pages of the program's own code until they are needed again; they stay in the page cache. The start runs
    /// code that nothing runs later (settings, set-up of libraries), and the kernel maps 64 KiB around each page that is
    /// touched.
    ///
    /// Only read-only segments: their pages come back from the file.
    package static func unmapProgram() {
        let address = getauxval(UInt(AT_PHDR))
        guard let first = UnsafePointer<Elf64_Phdr>(bitPattern: address) else { return }
        let segments = UnsafeBufferPointer(start: first, count: Int(getauxval(UInt(AT_PHNUM))))
        guard let table = segments.first(where: { $0.p_type == PT_PHDR }) else { return }
        // Not zero in a position-independent program.
        let base = address &- UInt(table.p_vaddr)
        let pageMask = UInt(clamping: sysconf(CInt(_SC_PAGESIZE))) - 1
        for segment in segments where segment.p_type == PT_LOAD && !segment.isWritable {
            // Whole pages: a page that is shared with another segment stays.
            let start = (base &+ UInt(segment.p_vaddr) &+ pageMask) & ~pageMask
            let end = (base &+ UInt(segment.p_vaddr) &+ UInt(segment.p_memsz)) & ~pageMask
            guard start < end else { continue }
            madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), MADV_DONTNEED)
        }
    }
}

extension Elf64_Phdr {
    fileprivate var isWritable: Bool { p_flags & UInt32(PF_W) != 0 }
}
