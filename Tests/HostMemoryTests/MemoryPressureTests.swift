// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import HostMemory

@Suite("Memory pressure")
struct MemoryPressureTests {
    private static let own =
        "some avg10=99.00 avg60=1.00 avg300=0.10 total=1\n"
        + "full avg10=12.34 avg60=0.50 avg300=0.10 total=1\n"
    private static let host =
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
        + "full avg10=3.00 avg60=0.00 avg300=0.00 total=0\n"

    @Test("Our own group's figure counts, otherwise the host's, otherwise none")
    func sources() throws {
        let machine = try MachineFixture(
            hostMiB: 900, membership: "0::/a\n", mounts: MachineFixture.v2Mount)
        try machine.v2("sys/fs/cgroup/a", limit: 100)
        #expect(machine.memory.pressure == nil)
        try machine.folder.write(Self.host, to: "proc/pressure/memory")
        #expect(machine.memory.pressure == 3)
        try machine.folder.write(Self.own, to: "sys/fs/cgroup/a/memory.pressure")
        #expect(machine.memory.pressure == 12.34)
    }

    @Test(
        "A file of another form gives nothing",
        arguments: ["", "full\n", "full avg60=1\n", "full avg10=x\n", "some avg10=1.00 avg60=0\n"])
    func malformed(_ text: String) throws {
        let machine = try MachineFixture(hostMiB: 900)
        try machine.folder.write(text, to: "proc/pressure/memory")
        #expect(machine.memory.pressure == nil)
    }
}
