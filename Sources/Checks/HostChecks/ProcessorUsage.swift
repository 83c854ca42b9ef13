// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Synchronization

/// What is used of the processors, between two looks (proc(5): the first line of `/proc/stat`).
final class ProcessorUsage: Sendable {
    /// Time that all processors had since the start, and what they were idle of it, in ticks of the clock.
    struct Times: Equatable, Sendable {
        let total: UInt64
        let idle: UInt64

        /// Of the line `cpu USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL GUEST GUESTNICE`; guests are in the first two, too.
        init?(_ line: some Sequence<UInt8>) {
            let words = Array(line).split(separator: UInt8(ascii: " "))
            let numbers = words.dropFirst().prefix(8).map {
                UInt64(String(decoding: $0, as: UTF8.self))
            }
            guard words.first?.elementsEqual("cpu".utf8) == true, numbers.count >= 4,
                !numbers.contains(nil)
            else { return nil }
            let known = numbers.compactMap { $0 }
            total = known.reduce(0, &+)
            // Waiting for a disk is idling, too.
            idle = known[3] &+ (known.count > 4 ? known[4] : 0)
        }
    }

    private let root: String
    private let last = Mutex<Times?>(nil)

    /// `root` is a folder to take for `/`.
    init(root: String) { self.root = root }

    /// What was used since the last call; nil at the first one, or when no time has passed.
    func shareSinceLast() throws(SystemCallError) -> UsedShare? {
        let text = try FileDescriptor.open(root + "/proc/stat").readAll(limit: 4096)
        let now = Times(text.prefix { $0 != UInt8(ascii: "\n") })
        let before = last.withLock { last in
            defer { last = now }
            return last
        }
        guard let now, let before, now.total > before.total else { return nil }
        let total = now.total - before.total
        // The kernel may correct the idle time downwards.
        let idle = now.idle > before.idle ? min(total, now.idle - before.idle) : 0
        return UsedShare(of: "the CPU", used: total - idle, total: total)
    }
}
