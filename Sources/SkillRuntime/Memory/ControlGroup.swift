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

    /// Reads it now: limit - usage + the page cache that the kernel can drop (`inactive_file`).
    func read(root: String) -> Reading {
        guard let limit = line(of: version == .v2 ? "memory.max" : "memory.limit_in_bytes", root)
        else { return .unreadable }
        if limit == "max" { return .unlimited }
        guard let limit = UInt64(limit) else { return .unreadable }
        if limit >= Self.leastSentinel { return .unlimited }
        let usageFile = version == .v2 ? "memory.current" : "memory.usage_in_bytes"
        guard let usage = line(of: usageFile, root).flatMap({ UInt64($0) }) else {
            return .unreadable
        }
        // The counters are not read at one moment: the cache may seem larger than all that is used.
        let cache = min(usage, reclaimableCache(root))
        return .available(limit.addingSaturated(cache).subtractingSaturated(usage))
    }

    /// Bytes of page cache, of this group and those below it, that nobody has used lately.
    private func reclaimableCache(_ root: String) -> UInt64 {
        guard let statistics = try? KernelText(path + "/memory.stat", root: root) else { return 0 }
        switch version {
        case .v2: return statistics.number(named: "inactive_file") ?? 0
        case .v1:
            return statistics.number(named: "total_inactive_file")
                ?? statistics.number(named: "inactive_file") ?? 0
        }
    }

    private func line(of file: String, _ root: String) -> String? {
        try? KernelText("\(path)/\(file)", root: root).line
    }
}
