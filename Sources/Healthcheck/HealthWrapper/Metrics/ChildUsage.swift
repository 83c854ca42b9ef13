// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// What a process uses now, by `/proc/PID/stat` (proc(5)).
struct ChildUsage: Equatable {
    /// In user and kernel mode, with that of its children that it has waited for left out.
    var cpuSeconds: Double
    var residentBytes: Int
    var threads: Int

    private static let fileLimit = 4 << 10

    /// Reads it for a process that runs; nil for one that has ended, and without /proc.
    static func read(of process: CInt) -> ChildUsage? {
        guard let file = try? FileDescriptor.open("/proc/\(process)/stat"),
            let line = try? file.readAll(limit: fileLimit)
        else { return nil }
        return ChildUsage(
            line, ticksPerSecond: Double(sysconf(CInt(_SC_CLK_TCK))),
            pageSize: Int(sysconf(CInt(_SC_PAGESIZE))))
    }

    /// Reads the line of a process; nil when it has ended, or the line is none.
    init?(_ line: [UInt8], ticksPerSecond: Double, pageSize: Int) {
        // A name may contain every byte: the last parenthesis ends it.
        guard let close = line.lastIndex(of: UInt8(ascii: ")")), ticksPerSecond > 0 else {
            return nil
        }
        // From the third field of the manual on.
        let fields = line[(close + 1)...].split { $0 == UInt8(ascii: " ") || $0 == 0x0a }
        func number(_ field: Int) -> Int? {
            guard fields.indices.contains(field - 3) else { return nil }
            return Int(String(decoding: fields[field - 3], as: UTF8.self))
        }
        guard let state = fields.first?.first, !"ZX".utf8.contains(state),
            let user = number(14), let system = number(15), let threads = number(20),
            let pages = number(24)
        else { return nil }
        cpuSeconds = Double(user + system) / ticksPerSecond
        residentBytes = pages * pageSize
        self.threads = threads
    }
}
