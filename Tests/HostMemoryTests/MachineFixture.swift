// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

@testable import HostMemory

/// A folder that looks like a machine's `/proc` and `/sys`.
struct MachineFixture {
    static let mebibyte: UInt64 = 1 << 20

    /// The mounts as a plain host of each kind has them.
    static let v2Mount = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n"
    static let v1Mount =
        "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 master:2 - cgroup cgroup rw,memory\n"
    static let otherMounts =
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        + "33 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
    /// The "no limit" of version 1.
    static let sentinel: UInt64 = 9_223_372_036_854_771_712

    let folder: TemporaryFolder

    /// - Parameter hostMiB: What the host has available, in MiB; nil for no `/proc/meminfo`.
    init(hostMiB: UInt64?, membership: String? = nil, mounts: String = "") throws {
        folder = try TemporaryFolder()
        if let hostMiB {
            try folder.write(
                "MemTotal: 99999999 kB\nMemFree: 1 kB\nMemAvailable:   \(hostMiB << 10) kB\n",
                to: "proc/meminfo")
        }
        if let membership { try move(to: membership) }
        try folder.write(Self.otherMounts + mounts, to: "proc/self/mountinfo")
    }

    /// Puts the process into the groups that these lines name.
    func move(to membership: String) throws {
        try folder.write(membership, to: "proc/self/cgroup")
    }

    /// A group of version 2; sizes in MiB.
    func v2(
        _ path: String, limit: UInt64?, usage: UInt64 = 0, cache: UInt64 = 0,
        active: UInt64 = 0, dirty: UInt64 = 0, writeback: UInt64 = 0, shmem: UInt64 = 0
    ) throws {
        let limit = limit.map { String($0 * Self.mebibyte) } ?? "max"
        try folder.write(limit + "\n", to: path + "/memory.max")
        try folder.write("\(usage * Self.mebibyte)\n", to: path + "/memory.current")
        try folder.write(
            Self.table([
                ("file", cache + active + shmem), ("shmem", shmem), ("file_dirty", dirty),
                ("file_writeback", writeback), ("inactive_anon", shmem), ("inactive_file", cache),
                ("active_file", active),
            ]),
            to: path + "/memory.stat")
    }

    /// A group of version 1; sizes in MiB.
    func v1(
        _ path: String, limit: UInt64?, usage: UInt64 = 0, cache: UInt64 = 0,
        active: UInt64 = 0, dirty: UInt64 = 0, writeback: UInt64 = 0
    ) throws {
        let limit = limit.map { $0 * Self.mebibyte } ?? Self.sentinel
        try folder.write("\(limit)\n", to: path + "/memory.limit_in_bytes")
        try folder.write("\(usage * Self.mebibyte)\n", to: path + "/memory.usage_in_bytes")
        // Its own, and with those of the groups below it.
        try folder.write(
            "cache 0\ninactive_file 1\nactive_file 2\ndirty 3\nwriteback 4\n"
                + Self.table([
                    ("total_inactive_file", cache), ("total_active_file", active),
                    ("total_dirty", dirty), ("total_writeback", writeback),
                ]), to: path + "/memory.stat")
    }

    /// Lines of names and MiB.
    private static func table(_ lines: [(name: String, mebibytes: UInt64)]) -> String {
        lines.map { "\($0.name) \($0.mebibytes * mebibyte)\n" }.joined()
    }

    /// The kernel keeps back so much; in MiB.
    func lowWatermark(_ mebibytes: UInt64) throws {
        let pages = mebibytes * Self.mebibyte / UInt64(sysconf(CInt(_SC_PAGESIZE)))
        try folder.write(
            "Node 0, zone      DMA\n  per-node stats\n      nr_low 7\n  pages free     3840\n"
                + "        min      39\n        low      \(pages / 2)\n        high     57\n"
                + "Node 0, zone   Normal\n        low      \(pages - pages / 2)\n",
            to: "proc/zoneinfo")
    }

    /// A file with one number of MiB.
    func write(_ mebibytes: UInt64, to path: String) throws {
        try folder.write("\(mebibytes * Self.mebibyte)\n", to: path)
    }

    /// What the kernel has removed cannot be read any more, by those who have it open either.
    func remove(_ path: String) throws {
        let manager = FileManager.default
        let files = (try? manager.subpathsOfDirectory(atPath: "\(folder.path)/\(path)")) ?? []
        for file in files.map({ "\(path)/\($0)" }) + [path] {
            let whole = "\(folder.path)/\(file)"
            if manager.isWritableFile(atPath: whole) { truncate(whole, 0) }
        }
        try folder.remove(path)
    }

    /// What is there to watch.
    var memory: AvailableMemory { AvailableMemory(root: folder.path) }

    func sample() throws -> MemorySample {
        var memory = memory
        return try memory.sample()
    }
}

extension MemorySample {
    /// So many MiB, because of the host.
    static func host(_ mebibytes: UInt64) -> MemorySample {
        MemorySample(availableBytes: mebibytes << 20, source: .host)
    }

    /// So many MiB, because of the group with this folder.
    static func group(_ mebibytes: UInt64, _ path: String) -> MemorySample {
        MemorySample(availableBytes: mebibytes << 20, source: .controlGroup(path: path))
    }
}
