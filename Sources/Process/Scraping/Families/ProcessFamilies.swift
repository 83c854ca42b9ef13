// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
package import Exposition
import HostMemory
package import SystemIO

/// What the kernel says of this process, by the names that Prometheus' own libraries use. Belongs to one thread.
package final class ProcessFamilies {
    static let cpu = MetricFamily(
        .counter, "process_cpu_seconds", unit: "seconds",
        help: "Processor time that the process has used, in user and kernel mode.")
    static let resident = MetricFamily(
        .gauge, "process_resident_memory_bytes", unit: "bytes",
        help: "Resident memory of the process, with the pages of files that it has read.")
    static let openFiles = MetricFamily(
        .gauge, "process_open_fds", help: "Descriptors that the process has open.")
    static let maxFiles = MetricFamily(
        .gauge, "process_max_fds", help: "Descriptors that the process may have open.")
    static let start = MetricFamily(
        .gauge, "process_start_time_seconds", unit: "seconds", help: "When the process began.")

    /// Every family, without values.
    package static let all = [cpu, resident, openFiles, maxFiles, start]

    private let memory = ProcessMemory()
    private let startTime: Double

    /// For a process that began at `start`.
    package init(startTime start: MonotonicTime) {
        startTime = Timestamp.now().fractionalSeconds - (MonotonicTime.now() - start).roundedSeconds
    }

    /// The values now.
    package func read() -> [MetricFamily] {
        var (cpu, resident) = (Self.cpu, Self.resident)
        var (openFiles, maxFiles, start) = (Self.openFiles, Self.maxFiles, Self.start)
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        cpu.add(.number(Double(time.tv_sec) + Double(time.tv_nsec / 1000) / 1e6))
        if let bytes = try? memory.residentBytes() { resident.add(.integer(Int(clamping: bytes))) }
        openFiles.add(.integer(OpenDescriptors.count(of: "self") ?? 0))
        maxFiles.add(.integer(Int(sysconf(CInt(_SC_OPEN_MAX)))))
        start.add(.number(startTime))
        return [cpu, resident, openFiles, maxFiles, start]
    }
}
