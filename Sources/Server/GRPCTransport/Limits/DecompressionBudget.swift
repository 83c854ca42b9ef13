// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// How much work of decompression all clients of a loop may cause together, beyond what the size of their messages
/// justifies (``GRPCWire/Decompression/excess``): 2 KiB decompress to 2 MiB.
struct DecompressionBudget {
    /// At once, and earned a second: some hundredths of the loop's time.
    private static let most = 8 << 20
    private var left = most
    private var latest: MonotonicTime

    init(at now: MonotonicTime) { latest = now }

    /// What may be spent now.
    mutating func left(at now: MonotonicTime) -> Int {
        let elapsed = max(.zero, min(now - latest, .seconds(1)))
        let earned = Int(elapsed.wholeNanoseconds) / 1000 * Self.most / 1_000_000
        // A time too short to earn anything counts the next time.
        if earned > 0 {
            latest = now
            left = min(Self.most, left + earned)
        }
        return max(0, left)
    }

    /// Takes what was spent.
    mutating func spend(_ bytes: Int) { left -= min(bytes, Self.most) }
}
