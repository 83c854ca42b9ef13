// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import HostMemory

@Suite("Control groups")
struct ControlGroupsTests {
    // MARK: What a group allows

    @Test("Page cache of files counts as available, active or not")
    func inactiveFile() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a\n", mounts: MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup/a", limit: 200, usage: 150, cache: 80)
        #expect(try machine.sample() == .group(130, "/sys/fs/cgroup/a"))
        try machine.v2("sys/fs/cgroup/a", limit: 200, usage: 150, cache: 30, active: 50)
        #expect(try machine.sample() == .group(130, "/sys/fs/cgroup/a"))
        let old = try MachineFixture(
            hostMiB: 900, membership: "4:memory:/a\n", mounts: MachineFixture.v1Mount)
        try old.v1("sys/fs/cgroup/memory/a", limit: 200, usage: 150, cache: 30, active: 50)
        #expect(try old.sample() == .group(130, "/sys/fs/cgroup/memory/a"))
    }

    @Test("Shared memory is not page cache, although the kernel counts it as such")
    func sharedMemory() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a\n", mounts: MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup/a", limit: 200, usage: 150, cache: 20, shmem: 100)
        #expect(try machine.sample() == .group(70, "/sys/fs/cgroup/a"))
    }

    @Test("Pages that must be written first are not available")
    func unwritten() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a\n", mounts: MachineFixture.v2Mount)
        try machine.v2(
            "sys/fs/cgroup/a", limit: 200, usage: 150, cache: 60, active: 20, dirty: 30,
            writeback: 10)
        #expect(try machine.sample() == .group(90, "/sys/fs/cgroup/a"))
        let old = try MachineFixture(
            hostMiB: 900, membership: "4:memory:/a\n", mounts: MachineFixture.v1Mount)
        try old.v1(
            "sys/fs/cgroup/memory/a", limit: 200, usage: 150, cache: 60, active: 20, dirty: 30,
            writeback: 10)
        #expect(try old.sample() == .group(90, "/sys/fs/cgroup/memory/a"))
    }

    @Test("The kernel keeps its low watermark, but at most half of the cache")
    func keptBack() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a\n", mounts: MachineFixture.v2Mount)
        try machine.lowWatermark(30)
        try machine.v2("sys/fs/cgroup/a", limit: 400, usage: 300, cache: 100, active: 100)
        #expect(try machine.sample() == .group(270, "/sys/fs/cgroup/a"))
        try machine.v2("sys/fs/cgroup/a", limit: 400, usage: 300, cache: 10, active: 10)
        #expect(try machine.sample() == .group(110, "/sys/fs/cgroup/a"))
    }

    @Test("Page cache never counts as more than all that is used")
    func inactiveFileBeyondUsage() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a\n", mounts: MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup/a", limit: 200, usage: 50, cache: 5000)
        #expect(try machine.sample() == .group(200, "/sys/fs/cgroup/a"))
    }

    @Test("A group over its limit has only what eviction of its cache can free")
    func overLimit() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a\n", mounts: MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup/a", limit: 100, usage: 150, cache: 20)
        #expect(try machine.sample() == .group(0, "/sys/fs/cgroup/a"))
        try machine.v2("sys/fs/cgroup/a", limit: 100, usage: 150, cache: 60)
        #expect(try machine.sample() == .group(10, "/sys/fs/cgroup/a"))
    }

    @Test(
        "A limit of max or from 2^62 on is none",
        arguments: ["max", "\(1 << 62)", "9223372036854771712", "\(UInt64.max)"])
    func noLimit(_ limit: String) throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a\n", mounts: MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup/a", limit: 1)
        try machine.folder.write(limit + "\n", to: "sys/fs/cgroup/a/memory.max")
        #expect(try machine.sample() == .host(900))
    }

    @Test("The least of all limits counts")
    func leastLimit() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a/b\n", mounts: MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup/a", limit: 200)
        try machine.v2("sys/fs/cgroup/a/b", limit: 300)
        let root = machine.folder.path
        #expect(ControlGroups(root: root).limit == 200 << 20)
        for group in ["a", "a/b"] {
            try machine.folder.write("max\n", to: "sys/fs/cgroup/\(group)/memory.max")
        }
        #expect(ControlGroups(root: root).limit == nil)
    }

    @Test("A limit of zero is a limit")
    func zeroLimit() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a\n", mounts: MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup/a", limit: 0)
        #expect(try machine.sample() == .group(0, "/sys/fs/cgroup/a"))
    }

    @Test(
        "A group without usage, or whose files are not numbers, is skipped",
        arguments: [("memory.current", "x\n"), ("memory.current", ""), ("memory.max", "\n")])
    func malformed(_ file: String, _ contents: String) throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a/b\n", mounts: MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup/a", limit: 300)
        try machine.v2("sys/fs/cgroup/a/b", limit: 1)
        try machine.folder.write(contents, to: "sys/fs/cgroup/a/b/" + file)
        #expect(try machine.sample() == .group(300, "/sys/fs/cgroup/a"))
        try machine.remove("sys/fs/cgroup/a/b/" + file)
        #expect(try machine.sample() == .group(300, "/sys/fs/cgroup/a"))
    }

    @Test("Without statistics there is no cache to count on")
    func noStatistics() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a\n", mounts: MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup/a", limit: 200, usage: 150, cache: 80)
        try machine.remove("sys/fs/cgroup/a/memory.stat")
        #expect(try machine.sample() == .group(50, "/sys/fs/cgroup/a"))
    }

    // MARK: Where the groups are

    @Test("The ancestor with the least memory decides, however far up it is")
    func nested() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/kube/pod/app\n", mounts: MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup/kube", limit: 300, usage: 200)
        try machine.v2("sys/fs/cgroup/kube/pod", limit: nil, usage: 150)
        try machine.v2("sys/fs/cgroup/kube/pod/app", limit: 200, usage: 50)
        #expect(try machine.sample() == .group(100, "/sys/fs/cgroup/kube"))
    }

    @Test("A container with a namespace of its own finds its group at the mount point")
    func namespaced() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/\n", mounts: MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup", limit: 128, usage: 28)
        #expect(try machine.sample() == .group(100, "/sys/fs/cgroup"))
    }

    @Test(
        "A group outside of what is mounted is bounded by the mount's root",
        arguments: [
            ("/../..", "/"), ("/../../other/x", "/"), ("/", "/../.."), ("/docker/a", "/docker/b"),
            ("/../../x", "/.."),
        ])
    func outside(_ path: String, _ root: String) throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::\(path)\n",
            mounts: "30 23 0:26 \(root) /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
        try machine.v2("sys/fs/cgroup", limit: 128, usage: 28)
        // Where a careless path would lead.
        try machine.v2("x", limit: 1)
        try machine.v2("sys/fs/x", limit: 1)
        try machine.v2("sys/fs", limit: 1)
        #expect(try machine.sample() == .group(100, "/sys/fs/cgroup"))
    }

    @Test("A container without a namespace finds its group below the mount's root")
    func mountedRoot() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "3:memory:/docker/abc/child\n",
            mounts:
                "30 23 0:26 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n")
        try machine.v1("sys/fs/cgroup/memory", limit: 300, usage: 50)
        try machine.v1("sys/fs/cgroup/memory/child", limit: 500, usage: 50)
        #expect(try machine.sample() == .group(250, "/sys/fs/cgroup/memory"))
    }

    @Test("A mount that shows more ancestors is preferred to one that shows only our own")
    func twoMounts() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a/b\n",
            mounts: "40 23 0:26 /a/b /own rw - cgroup2 cgroup2 rw\n" + MachineFixture.v2Mount)
        try machine.v2("own", limit: 200)
        try machine.v2("sys/fs/cgroup/a/b", limit: 200)
        try machine.v2("sys/fs/cgroup/a", limit: 100)
        #expect(try machine.sample() == .group(100, "/sys/fs/cgroup/a"))
    }

    @Test("A mount whose files cannot be read is skipped if another one's can")
    func coveredMount() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a\n",
            mounts: "40 23 0:26 / /covered rw - cgroup2 cgroup2 rw\n" + MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup/a", limit: 100)
        #expect(try machine.sample() == .group(100, "/sys/fs/cgroup/a"))
    }

    @Test("Spaces and backslashes in paths, colons in a group's name")
    func oddPaths() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/b:c d\n",
            mounts: "30 23 0:26 / /mnt/x\\040y\\134z rw - cgroup2 cgroup2 rw\n")
        try machine.v2("mnt/x y\\z/b:c d", limit: 100)
        #expect(try machine.sample() == .group(100, "/mnt/x y\\z/b:c d"))
    }

    // MARK: Version 1 and both

    @Test("Version 1 counts the cache of the groups below too")
    func version1() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "4:memory:/a/b\n2:cpu,cpuacct:/c\n",
            mounts: MachineFixture.v1Mount)
        let path = "sys/fs/cgroup/memory"
        try machine.v1(path, limit: nil)
        try machine.v1(path + "/a", limit: 300, usage: 200, cache: 50)
        try machine.v1(path + "/a/b", limit: 400, usage: 100, cache: 20)
        #expect(try machine.sample() == .group(150, "/sys/fs/cgroup/memory/a"))
        try machine.v1(path + "/a/b", limit: 160, usage: 100, cache: 20)
        #expect(try machine.sample() == .group(80, "/sys/fs/cgroup/memory/a/b"))
    }

    @Test("Both versions at once: each that has a memory controller counts")
    func hybrid() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "4:memory:/a\n1:name=systemd:/a\n0::/u\n",
            mounts: MachineFixture.v1Mount
                + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n")
        try machine.v1("sys/fs/cgroup/memory/a", limit: 300, usage: 100)
        try machine.folder.write("0\n", to: "sys/fs/cgroup/unified/u/cgroup.procs")
        #expect(try machine.sample() == .group(200, "/sys/fs/cgroup/memory/a"))
        try machine.v2("sys/fs/cgroup/unified/u", limit: 150, usage: 50)
        #expect(try machine.sample() == .group(100, "/sys/fs/cgroup/unified/u"))
    }

    @Test("Version 1 with swap: memory and swap together can be full before the memory is")
    func memoryAndSwap() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "4:memory:/a\n", mounts: MachineFixture.v1Mount)
        let path = "sys/fs/cgroup/memory/a"
        try machine.v1(path, limit: 200, usage: 100, cache: 20)
        try machine.write(250, to: path + "/memory.memsw.limit_in_bytes")
        try machine.write(110, to: path + "/memory.memsw.usage_in_bytes")
        #expect(try machine.sample() == .group(120, "/" + path))
        try machine.write(240, to: path + "/memory.memsw.usage_in_bytes")
        #expect(try machine.sample() == .group(30, "/" + path))
        try machine.write(260, to: path + "/memory.memsw.usage_in_bytes")
        #expect(try machine.sample() == .group(20, "/" + path))
        try machine.folder.write(
            "\(MachineFixture.sentinel)\n", to: path + "/memory.memsw.limit_in_bytes")
        #expect(try machine.sample() == .group(120, "/" + path))
    }

    @Test("Version 2 with swap: swap is not RAM, used or not")
    func swap() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a\n", mounts: MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup/a", limit: 200, usage: 150)
        try machine.write(1000, to: "sys/fs/cgroup/a/memory.swap.max")
        try machine.write(400, to: "sys/fs/cgroup/a/memory.swap.current")
        #expect(try machine.sample() == .group(50, "/sys/fs/cgroup/a"))
    }

    @Test("For a model's file all other page cache can be evicted, also what the kernel would keep")
    func roomForFiles() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a\n", mounts: MachineFixture.v2Mount)
        try machine.lowWatermark(40)
        try machine.v2("sys/fs/cgroup/a", limit: 200, usage: 180, cache: 30, active: 100, dirty: 5)
        var memory = machine.memory
        #expect(try memory.sample() == .group(105, "/sys/fs/cgroup/a"))
        #expect(try memory.sampleForFiles() == .group(150, "/sys/fs/cgroup/a"))
    }

    @Test("The total is the least of the limits, or the host's memory")
    func limits() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a/b\n", mounts: MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup/a", limit: 200, usage: 150)
        try machine.v2("sys/fs/cgroup/a/b", limit: 300)
        var memory = machine.memory
        #expect(try memory.limit() == .group(200, "/sys/fs/cgroup/a"))
        try machine.v2("sys/fs/cgroup/a", limit: nil)
        try machine.v2("sys/fs/cgroup/a/b", limit: nil)
        #expect(
            try memory.limit() == MemorySample(availableBytes: 99_999_999 << 10, source: .host))
    }

    @Test("Lines of another form are skipped")
    func strangeLines() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "\nx\n0::\n0:\n:::\n0::/a\n",
            mounts: "x\n1 2 3 4 5 6 7 8 9 10\n1 2 3 / / 6 7 8 - cgroup2\n- - - - - - - - - - -\n"
                + MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup/a", limit: 100)
        #expect(try machine.sample() == .group(100, "/sys/fs/cgroup/a"))
    }
}
