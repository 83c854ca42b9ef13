// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// One control group that holds this process, directly or as an ancestor of its own.
struct ControlGroup: Equatable, Sendable {
    enum Version: Equatable, Sendable { case v1, v2 }

    /// What a group says of the memory it still allows.
    enum Reading: Equatable, Sendable {
        /// It has no memory controller, is gone, or cannot be read.
        case unreadable
        /// It has no limit.
        case unlimited
        /// This many bytes can still be had.
        case available(UInt64)
    }

    let version: Version

    /// Its folder, such as "/sys/fs/cgroup/kubepods.slice".
    let path: String

    /// A limit from here on is none. Version 1 says "no limit" as the largest multiple of the page size.
    static let leastSentinel: UInt64 = 1 << 62

    /// Which page cache counts as memory that can be had.
    enum Cache: Sendable {
        /// What nobody has used lately (`inactive_file`): it goes without a loss.
        case unused
        /// All of it, as far as it belongs to files: it can go when it must.
        case all
    }

    /// Reads it now: limit - usage + the page cache that the kernel can drop.
    func read(root: String, counting cache: Cache = .unused) -> Reading {
        guard let limit = limit(root: root) else { return .unreadable }
        if limit >= Self.leastSentinel { return .unlimited }
        let usageFile = version == .v2 ? "memory.current" : "memory.usage_in_bytes"
        guard let usage = line(of: usageFile, root).flatMap({ UInt64($0) }) else {
            return .unreadable
        }
        // The counters are not read at one moment: the cache may seem larger than all that is used.
        let droppable = min(usage, reclaimable(cache, root))
        let left = limit.addingSaturated(droppable).subtractingSaturated(usage)
        guard version == .v1, let both = memoryAndSwap(root) else { return .available(left) }
        return .available(min(left, both.addingSaturated(droppable)))
    }

    /// What it allows in all, ``leastSentinel`` or more for no limit; nil when it cannot be read.
    func limit(root: String) -> UInt64? {
        let limit = line(of: version == .v2 ? "memory.max" : "memory.limit_in_bytes", root)
        return limit == "max" ? .max : limit.flatMap { UInt64($0) }
    }

    /// What version 1 still allows of memory and swap together, when that is limited: with the swap used up the
    /// group can be full before its memory is.
    private func memoryAndSwap(_ root: String) -> UInt64? {
        guard let limit = line(of: "memory.memsw.limit_in_bytes", root).flatMap({ UInt64($0) }),
            limit < Self.leastSentinel,
            let usage = line(of: "memory.memsw.usage_in_bytes", root).flatMap({ UInt64($0) })
        else { return nil }
        return limit.subtractingSaturated(usage)
    }

    /// Bytes of page cache, of this group and those below it.
    private func reclaimable(_ cache: Cache, _ root: String) -> UInt64 {
        guard let statistics = try? KernelText(path + "/memory.stat", root: root) else { return 0 }
        func number(_ total: StaticString, _ own: StaticString) -> UInt64 {
            switch version {
            case .v2: statistics.number(named: own) ?? 0
            case .v1: statistics.number(named: total) ?? statistics.number(named: own) ?? 0
            }
        }
        let unused = number("total_inactive_file", "inactive_file")
        switch cache {
        case .unused: return unused
        case .all: return unused.addingSaturated(number("total_active_file", "active_file"))
        }
    }

    private func line(of file: String, _ root: String) -> String? {
        try? KernelText("\(path)/\(file)", root: root).line
    }
}
