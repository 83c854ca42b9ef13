// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// One control group that holds this process, directly or as an ancestor of its own.
struct ControlGroup {
    enum Version: Equatable, Sendable { case v1, v2 }

    /// The memory that a group allows.
    enum Reading: Equatable {
        /// It has no memory controller, is gone, or cannot be read.
        case unreadable
        /// It has no limit.
        case unlimited
        case limited(Memory)
    }

    /// The memory of a group with a limit, in bytes.
    struct Memory: Equatable {
        var limit: UInt64
        var usage: UInt64
        /// What is left of version 1's limit on memory and swap together; see ``memoryAndSwap()``.
        var leftWithSwap = UInt64.max
        /// Page cache of files, active or not. Without shared memory and locked pages, which have other counters
        /// (`inactive_anon`, `unevictable`).
        var filePages: UInt64
        /// Those of them that must be written before they can be evicted.
        var unwrittenPages: UInt64

        /// What is available for any use: free memory, and the page cache that can be evicted.
        ///
        /// - Parameter low: The page cache that the kernel keeps, as in MemAvailable: half of it, or this when it is less.
        func available(keeping low: UInt64) -> UInt64 {
            let kept = min(filePages / 2, low)
            return left(
                dropping: filePages.subtractingSaturated(kept)
                    .subtractingSaturated(unwrittenPages))
        }

        /// What is available for the pages of a file: they replace those of other files.
        var availableForFiles: UInt64 { left(dropping: filePages) }

        private func left(dropping pages: UInt64) -> UInt64 {
            // The counters are not read at the same moment: the cache may seem larger than the usage.
            let droppable = min(usage, pages)
            return min(
                limit.addingSaturated(droppable).subtractingSaturated(usage),
                leftWithSwap.addingSaturated(droppable))
        }
    }

    let version: Version

    /// Its folder, such as "/sys/fs/cgroup/kubepods.slice".
    let path: String

    private let limitFile: KernelFile
    private let usageFile: KernelFile
    private let statisticsFile: KernelFile
    private let swapLimitFile: KernelFile
    private let swapUsageFile: KernelFile
    /// Its pressure stall information; only in version 2.
    let pressureFile: KernelFile

    init(version: Version, path: String, root: String) {
        func file(_ v1: String, _ v2: String) -> KernelFile {
            KernelFile("\(path)/memory.\(version == .v1 ? v1 : v2)", root: root)
        }
        self.version = version
        self.path = path
        limitFile = file("limit_in_bytes", "max")
        usageFile = file("usage_in_bytes", "current")
        statisticsFile = file("stat", "stat")
        swapLimitFile = file("memsw.limit_in_bytes", "swap.max")
        swapUsageFile = file("memsw.usage_in_bytes", "swap.current")
        pressureFile = file("pressure", "pressure")
    }

    /// A limit this large is none: version 1 writes "no limit" as the largest multiple of the page size.
    static let leastSentinel: UInt64 = 1 << 62

    /// Reads it now.
    func read() -> Reading {
        guard let limit = line(of: limitFile) else { return .unreadable }
        if limit == "max" { return .unlimited }
        guard let limit = UInt64(limit) else { return .unreadable }
        if limit >= Self.leastSentinel { return .unlimited }
        guard let usage = number(in: usageFile) else { return .unreadable }
        var memory = Memory(limit: limit, usage: usage, filePages: 0, unwrittenPages: 0)
        if let left = memoryAndSwap() { memory.leftWithSwap = left }
        guard let statistics = try? statisticsFile.read() else { return .limited(memory) }
        // Of this group and those below it; version 1 has both.
        func sum(_ v1: [StaticString], _ v2: [StaticString]) -> UInt64 {
            (version == .v1 ? v1 : v2).reduce(0) {
                $0.addingSaturated(statistics.number(named: $1) ?? 0)
            }
        }
        memory.filePages = sum(
            ["total_active_file", "total_inactive_file"], ["active_file", "inactive_file"])
        memory.unwrittenPages = sum(
            ["total_dirty", "total_writeback"], ["file_dirty", "file_writeback"])
        return .limited(memory)
    }

    /// What version 1 still allows of memory and swap together, when that is limited: when the swap is used up, this limit
    /// may be reached before that of the memory.
    private func memoryAndSwap() -> UInt64? {
        guard version == .v1, let limit = number(in: swapLimitFile), limit < Self.leastSentinel,
            let usage = number(in: swapUsageFile)
        else { return nil }
        return limit.subtractingSaturated(usage)
    }

    private func number(in file: KernelFile) -> UInt64? { line(of: file).flatMap { UInt64($0) } }

    private func line(of file: KernelFile) -> String? { (try? file.read())?.line }
}
