// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

@testable import SkillRuntime

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
        active: UInt64 = 0
    ) throws {
        let limit = limit.map { String($0 * Self.mebibyte) } ?? "max"
        try folder.write(limit + "\n", to: path + "/memory.max")
        try folder.write("\(usage * Self.mebibyte)\n", to: path + "/memory.current")
        try folder.write(
            "anon 1\nfile 2\ninactive_anon 3\ninactive_file \(cache * Self.mebibyte)\n"
                + "active_file \(active * Self.mebibyte)\n",
            to: path + "/memory.stat")
    }

    /// A group of version 1; sizes in MiB.
    func v1(
        _ path: String, limit: UInt64?, usage: UInt64 = 0, totalCache: UInt64? = nil,
        cache: UInt64 = 0, totalActive: UInt64 = 0
    ) throws {
        let limit = limit.map { $0 * Self.mebibyte } ?? Self.sentinel
        try folder.write("\(limit)\n", to: path + "/memory.limit_in_bytes")
        try folder.write("\(usage * Self.mebibyte)\n", to: path + "/memory.usage_in_bytes")
        let total = totalCache.map { "total_inactive_file \($0 * Self.mebibyte)\n" } ?? ""
        try folder.write(
            "cache 0\ninactive_file \(cache * Self.mebibyte)\n" + total
                + "total_active_file \(totalActive * Self.mebibyte)\n", to: path + "/memory.stat")
    }

    /// A file with one number of MiB.
    func write(_ mebibytes: UInt64, to path: String) throws {
        try folder.write("\(mebibytes * Self.mebibyte)\n", to: path)
    }

    func remove(_ path: String) throws { try folder.remove(path) }

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
