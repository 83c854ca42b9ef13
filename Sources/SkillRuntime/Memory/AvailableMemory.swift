// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// How much memory this process can still get, and what bounds it.
public struct MemorySample: Equatable, Sendable {
    /// What decided the sample.
    public enum Source: Equatable, Sendable {
        /// The machine's own memory (`/proc/meminfo`).
        case host
        /// The limit of the control group with this folder.
        case controlGroup(path: String)

        /// For a log: "host" or "control group /sys/fs/cgroup/x".
        public var text: String {
            switch self {
            case .host: "host"
            case .controlGroup(let path): "control group \(path)"
            }
        }
    }

    public let availableBytes: UInt64
    public let source: Source
}

/// Watches the memory that is left: the least of what the host has available and of what each control group,
/// from our own up to the root, still allows.
///
/// The groups are looked for once, and again when this process was moved or one of them went; a sample
/// itself is a few reads of small files.
public struct AvailableMemory: Sendable {
    private let root: String
    private var groups: ControlGroups
    /// How many of the groups could be read last time.
    private var readable = 0

    /// - Parameter root: A folder that stands for `/`.
    public init(root: String = "") {
        self.root = root
        self.groups = ControlGroups(root: root)
    }

    /// Samples now.
    ///
    /// - Throws: Why the host's memory is unknown, if no control group has a limit either.
    public mutating func sample() throws(MemoryError) -> MemorySample {
        try sample(counting: .unused)
    }

    /// What a model's file could be given: its pages are page cache themselves, for which other page cache goes,
    /// used lately or not.
    mutating func sampleForFiles() throws(MemoryError) -> MemorySample {
        try sample(counting: .all)
    }

    /// How much everybody waits for memory; see ``MemoryPressure``.
    var pressure: Double? { MemoryPressure.full(of: groups.groups, root: root) }

    private mutating func sample(
        counting cache: ControlGroup.Cache
    ) throws(MemoryError) -> MemorySample {
        var reading = readGroups(cache)
        if reading.readable < readable || !groups.isCurrent(root: root) {
            groups = ControlGroups(root: root)
            reading = readGroups(cache)
        }
        readable = reading.readable
        do throws(MemoryError) {
            let host = try hostAvailable()
            if let least = reading.least, least.availableBytes < host { return least }
            return MemorySample(availableBytes: host, source: .host)
        } catch {
            if let least = reading.least { return least }
            throw error
        }
    }

    /// How many groups could be read, and the least that one of them has left.
    private func readGroups(
        _ cache: ControlGroup.Cache
    ) -> (readable: Int, least: MemorySample?) {
        var readable = 0
        var least: MemorySample?
        for group in groups.groups {
            switch group.read(root: root, counting: cache) {
            case .unreadable: continue
            case .unlimited: readable += 1
            case .available(let bytes):
                readable += 1
                if let least, least.availableBytes <= bytes { continue }
                least = MemorySample(
                    availableBytes: bytes, source: .controlGroup(path: group.path))
            }
        }
        return (readable, least)
    }

    private func hostAvailable() throws(MemoryError) -> UInt64 {
        let path = "/proc/meminfo"
        let table: KernelText
        do throws(SystemCallError) {
            table = try KernelText(path, root: root)
        } catch {
            throw .unreadable(path: path, error)
        }
        if let available = table.byteCount(named: "MemAvailable") { return available }
        // Kernels before 3.14, and some that only look like Linux, do not say.
        guard let free = table.byteCount(named: "MemFree") else { throw .malformed(path: path) }
        return free.addingSaturated(table.byteCount(named: "Buffers") ?? 0)
            .addingSaturated(table.byteCount(named: "Cached") ?? 0)
    }
}
