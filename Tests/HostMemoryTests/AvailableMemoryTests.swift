// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import TestSupport
import Testing

@testable import HostMemory

@Suite("Available memory")
struct AvailableMemoryTests {
    @Test("Without control groups it is what the host has available")
    func hostOnly() throws {
        #expect(try MachineFixture(hostMiB: 900).sample() == .host(900))
    }

    @Test("Without MemAvailable it is the sum of free, buffers and cache")
    func oldKernel() throws {
        let machine = try MachineFixture(hostMiB: nil)
        try machine.folder.write(
            "MemTotal: 99 kB\nMemFree: 3 kB\nBuffers: 2 kB\nCached: 5 kB\nSwapCached: 7 kB\n",
            to: "proc/meminfo")
        #expect(
            try machine.sample() == MemorySample(availableBytes: 10 * 1024, source: .host))
    }

    @Test("Numbers that are too large are clamped, not wrapped")
    func hugeHost() throws {
        let machine = try MachineFixture(hostMiB: nil)
        try machine.folder.write("MemAvailable: \(UInt64.max) kB\n", to: "proc/meminfo")
        #expect(try machine.sample().availableBytes == .max)
    }

    @Test("When nothing can be read, the error has the reason")
    func nothing() throws {
        let machine = try MachineFixture(hostMiB: nil)
        let reason = SystemCallError("open", .noSuchFile)
        #expect(throws: MemoryError.unreadable(path: "/proc/meminfo", reason)) {
            try machine.sample()
        }
        try machine.folder.write("MemTotal: 1 kB\n", to: "proc/meminfo")
        #expect(throws: MemoryError.malformed(path: "/proc/meminfo")) { try machine.sample() }
    }

    @Test("Where only a control group can be read, it decides")
    func groupOnly() throws {
        let machine = try MachineFixture(
            hostMiB: nil, membership: "0::/a\n", mounts: MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup/a", limit: 100, usage: 30)
        #expect(try machine.sample() == .group(70, "/sys/fs/cgroup/a"))
    }

    @Test("A group that is removed is skipped, and the groups of the process are found again")
    func vanishes() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a/b\n", mounts: MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup/a", limit: 500)
        try machine.v2("sys/fs/cgroup/a/b", limit: 200)
        var memory = machine.memory
        #expect(try memory.sample() == .group(200, "/sys/fs/cgroup/a/b"))
        try machine.remove("sys/fs/cgroup/a/b")
        #expect(try memory.sample() == .group(500, "/sys/fs/cgroup/a"))
        try machine.remove("sys/fs/cgroup/a")
        #expect(try memory.sample() == .host(900))
        try machine.v2("sys/fs/cgroup/a", limit: 300)
        #expect(try memory.sample() == .group(300, "/sys/fs/cgroup/a"))
    }

    @Test("A process that is moved to another group is followed")
    func moved() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a\n", mounts: MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup/a", limit: 500)
        try machine.v2("sys/fs/cgroup/b", limit: 100)
        var memory = machine.memory
        #expect(try memory.sample() == .group(500, "/sys/fs/cgroup/a"))
        try machine.move(to: "0::/b\n")
        #expect(try memory.sample() == .group(100, "/sys/fs/cgroup/b"))
        try machine.remove("proc/self/cgroup")
        #expect(try memory.sample() == .host(900))
    }

    @Test("A limit that is set or raised while we run counts at once")
    func newLimit() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a\n", mounts: MachineFixture.v2Mount)
        var memory = machine.memory
        #expect(try memory.sample() == .host(900))
        try machine.v2("sys/fs/cgroup/a", limit: 100, usage: 40)
        #expect(try memory.sample() == .group(60, "/sys/fs/cgroup/a"))
        try machine.v2("sys/fs/cgroup/a", limit: 400, usage: 40)
        #expect(try memory.sample() == .group(360, "/sys/fs/cgroup/a"))
        try machine.v2("sys/fs/cgroup/a", limit: nil, usage: 40)
        #expect(try memory.sample() == .host(900))
    }

    @Test("On this machine it is more than zero and at most the total")
    func thisMachine() throws {
        var memory = AvailableMemory()
        let sample = try memory.sample()
        let total = try #require(
            KernelText("/proc/meminfo", root: "").byteCount(named: "MemTotal"))
        #expect(sample.availableBytes > 0 && sample.availableBytes <= total)
        #expect(!sample.source.text.isEmpty)
    }
}
