// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import HostMemory

@Suite("Processes that the kernel killed for want of memory")
struct MemoryKillsTests {
    @Test("Version 2 counts them in memory.events, of our own group")
    func version2() throws {
        let machine = try MachineFixture(
            hostMiB: nil, membership: "0::/pod/box\n", mounts: MachineFixture.v2Mount)
        let events = "low 0\nhigh 1\nmax 2\noom 9\noom_kill 3\noom_group_kill 7\n"
        try machine.folder.write(events, to: "sys/fs/cgroup/pod/box/memory.events")
        try machine.folder.write("oom_kill 50\n", to: "sys/fs/cgroup/pod/memory.events")
        #expect(MemoryKills(root: machine.folder.path).read() == 3)
    }

    @Test("Version 1 counts them in memory.oom_control")
    func version1() throws {
        let machine = try MachineFixture(
            hostMiB: nil, membership: "5:memory:/box\n", mounts: MachineFixture.v1Mount)
        let control = "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n"
        try machine.folder.write(control, to: "sys/fs/cgroup/memory/box/memory.oom_control")
        #expect(MemoryKills(root: machine.folder.path).read() == 4)
    }

    @Test("Where no group can be seen, or an old kernel does not count, it is not known")
    func unknown() throws {
        let none = try MachineFixture(hostMiB: nil)
        #expect(MemoryKills(root: none.folder.path).read() == nil)
        let old = try MachineFixture(
            hostMiB: nil, membership: "5:memory:/box\n", mounts: MachineFixture.v1Mount)
        try old.folder.write(
            "oom_kill_disable 0\nunder_oom 0\n",
            to: "sys/fs/cgroup/memory/box/memory.oom_control")
        #expect(MemoryKills(root: old.folder.path).read() == nil)
    }
}
