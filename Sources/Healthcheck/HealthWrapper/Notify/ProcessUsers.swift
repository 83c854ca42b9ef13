// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// Users of processes, as /proc has them.
enum ProcessUsers {
    private static let fileLimit = 16 << 10

    /// The effective user of a process, which is the owner of its folder; nil when it has gone, and without /proc.
    static func of(_ process: pid_t) -> uid_t? {
        var status = stat()
        return stat("/proc/\(process)", &status) == 0 ? status.st_uid : nil
    }

    /// The user that stands for all without a number in our user namespace; nil where all have one.
    static var unmapped: uid_t? {
        // Ranges of three numbers, of which the last is the size. All is one less than 2^32.
        let mapped = lines("/proc/self/uid_map").compactMap { numbers($0).last }.reduce(0, +)
        if mapped >= Int(UInt32.max) { return nil }
        return lines("/proc/sys/kernel/overflowuid").first.flatMap { numbers($0).first }
            .map { uid_t(clamping: $0) }
    }

    private static func lines(_ path: String) -> [ArraySlice<UInt8>] {
        guard let file = try? FileDescriptor.open(path),
            let bytes = try? file.readAll(limit: fileLimit)
        else { return [] }
        return bytes.split(separator: UInt8(ascii: "\n"))
    }

    private static func numbers(_ line: ArraySlice<UInt8>) -> [Int] {
        line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            .compactMap { Int(String(decoding: $0, as: UTF8.self)) }
    }
}
