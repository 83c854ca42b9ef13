// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// How much memory this process can still get, and what limits it.
package struct MemorySample: Equatable, Sendable {
    /// What sets the limit.
    package enum Source: Equatable, Sendable {
        /// The machine's own memory (`/proc/meminfo`).
        case host
        /// The limit of the control group with this folder.
        case controlGroup(path: String)

        /// For a log: "host" or "control group /sys/fs/cgroup/x".
        package var text: String {
            switch self {
            case .host: "host"
            case .controlGroup(let path): "control group \(path)"
            }
        }
    }

    package let availableBytes: UInt64
    package let source: Source

    /// A sample of these parts.
    package init(availableBytes: UInt64, source: Source) {
        self.availableBytes = availableBytes
        self.source = source
    }
}

/// Measures the available memory: the least of what the host has and of what each control group, from our own up to the
/// root, still allows.
///
/// The groups are found once, and again when this process was moved or one of them is gone. A sample is a few reads of
/// small files that stay open.
package struct AvailableMemory {
    private let root: String
    private let host: KernelFile
    private let hostPressure: KernelFile
    private var groups: ControlGroups
    /// How many of the groups could be read the last time.
    private var readable = 0
    /// Bytes of page cache that the kernel reserves.
    private lazy var lowWatermark = LowWatermark.bytes(root: root)

    /// - Parameter root: A folder to take for `/`.
    package init(root: String = "") {
        self.root = root
        self.host = KernelFile("/proc/meminfo", root: root)
        self.hostPressure = KernelFile("/proc/pressure/memory", root: root)
        self.groups = ControlGroups(root: root)
    }

    /// Measures now.
    ///
    /// - Throws: Why the host's memory is unknown, if no control group has a limit either.
    package mutating func sample() throws(MemoryError) -> MemorySample {
        let low = lowWatermark
        return try least(host: hostAvailable) { $0.available(keeping: low) }
    }

    /// What is available for the pages of a file: they are page cache, for which other page cache is evicted.
    package mutating func sampleForFiles() throws(MemoryError) -> MemorySample {
        try least(host: hostAvailable) { $0.availableForFiles }
    }

    /// The total, whatever is used now.
    package mutating func limit() throws(MemoryError) -> MemorySample {
        try least(host: hostTotal) { $0.limit }
    }

    /// The share of time in which all tasks wait for memory; see ``MemoryPressure``.
    package var pressure: Double? { MemoryPressure.full(of: groups.groups, host: hostPressure) }

    private mutating func least(
        host: () throws(MemoryError) -> UInt64, of group: (ControlGroup.Memory) -> UInt64
    ) throws(MemoryError) -> MemorySample {
        var reading = readGroups(group)
        if reading.readable < readable || !groups.isCurrent {
            groups = groups.refreshed(root: root)
            reading = readGroups(group)
        }
        readable = reading.readable
        do throws(MemoryError) {
            let host = try host()
            if let least = reading.least, least.availableBytes < host { return least }
            return MemorySample(availableBytes: host, source: .host)
        } catch {
            if let least = reading.least { return least }
            throw error
        }
    }

    /// How many groups could be read, and the least that one of them allows.
    private func readGroups(
        _ bytes: (ControlGroup.Memory) -> UInt64
    ) -> (readable: Int, least: MemorySample?) {
        let readings = groups.groups.map { ($0.path, $0.read()) }.filter { $1 != .unreadable }
        let samples = readings.compactMap { path, reading -> MemorySample? in
            guard case .limited(let memory) = reading else { return nil }
            return MemorySample(availableBytes: bytes(memory), source: .controlGroup(path: path))
        }
        return (readings.count, samples.min { $0.availableBytes < $1.availableBytes })
    }

    private func hostAvailable() throws(MemoryError) -> UInt64 {
        let table = try hostTable()
        if let available = table.byteCount(named: "MemAvailable") { return available }
        // Kernels before 3.14, and some that only imitate Linux, do not have it.
        guard let free = table.byteCount(named: "MemFree") else {
            throw .malformed(path: host.path)
        }
        return free.addingSaturated(table.byteCount(named: "Buffers") ?? 0)
            .addingSaturated(table.byteCount(named: "Cached") ?? 0)
    }

    private func hostTotal() throws(MemoryError) -> UInt64 {
        guard let total = try hostTable().byteCount(named: "MemTotal") else {
            throw .malformed(path: host.path)
        }
        return total
    }

    private func hostTable() throws(MemoryError) -> KernelText {
        do throws(SystemCallError) {
            return try host.read()
        } catch {
            throw .unreadable(path: host.path, error)
        }
    }
}
