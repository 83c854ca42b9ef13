// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import SystemIO

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
    private let wait: @Sendable (Duration) -> Void
    private let last = Mutex<Times?>(nil)

    /// `root` is a folder to take for `/`; `wait` blocks for a time.
    init(
        root: String,
        wait: @escaping @Sendable (Duration) -> Void = { (MonotonicTime.now() + $0).sleep() }
    ) {
        self.root = root
        self.wait = wait
    }

    /// What was used since the last call. The first one has nothing to compare with: it looks twice, with `gap` between. Nil
    /// when no time has passed.
    func shareSinceLast(orIn gap: Duration) throws(SystemCallError) -> UsedShare? {
        var before = last.withLock { $0 }
        if before == nil {
            before = try times()
            wait(gap)
        }
        let now = try times()
        last.withLock { $0 = now }
        guard let now, let before, now.total > before.total else { return nil }
        let total = now.total - before.total
        // The kernel may correct the idle time downwards.
        let idle = now.idle > before.idle ? min(total, now.idle - before.idle) : 0
        return UsedShare(of: "the CPU", used: total - idle, total: total)
    }

    private func times() throws(SystemCallError) -> Times? {
        let text = try FileDescriptor.open(root + "/proc/stat").readAll(limit: 4096)
        return Times(text.prefix { $0 != UInt8(ascii: "\n") })
    }
}
