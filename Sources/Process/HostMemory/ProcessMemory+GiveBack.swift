// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

extension ProcessMemory {
    /// Has the allocator keep no more than so much that is free, and take large memory from the kernel for each use.
    /// By itself it would keep ever more: twice the largest memory that was ever freed (C: `mallopt`).
    package static func keepLittleFree() {
        mallopt(M_MMAP_THRESHOLD, 1 << 20)
        mallopt(M_TRIM_THRESHOLD, 1 << 20)
    }

    /// Lets go of the pages of the program itself that are mapped, until something needs them again: they are in the
    /// page cache. A start runs code that nothing runs later (reading settings, setting up libraries), and the kernel
    /// maps 64 KiB around each page that is touched.
    ///
    /// Only what cannot be written: such pages hold what the file holds, and come back from there.
    package static func giveBackProgram() {
        let address = getauxval(UInt(AT_PHDR))
        guard let first = UnsafePointer<Elf64_Phdr>(bitPattern: address) else { return }
        let segments = UnsafeBufferPointer(start: first, count: Int(getauxval(UInt(AT_PHNUM))))
        guard let table = segments.first(where: { $0.p_type == PT_PHDR }) else { return }
        let base = address &- UInt(table.p_vaddr)  // where a program that can be anywhere is
        let pageMask = UInt(clamping: sysconf(CInt(_SC_PAGESIZE))) - 1
        for segment in segments where segment.p_type == PT_LOAD && !segment.isWritable {
            // Whole pages: what shares one with another segment stays.
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
