// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Durations as numbers.
extension Duration {
    /// In nanoseconds, towards zero, limited to 64 bits (292 years).
    package var wholeNanoseconds: Int64 { whole(1_000_000_000) }

    /// In microseconds, towards zero, limited to 64 bits.
    package var wholeMicroseconds: Int64 { whole(1_000_000) }

    /// In milliseconds, towards zero, limited to 64 bits.
    package var wholeMilliseconds: Int64 { whole(1000) }

    /// In seconds with all their fractions, of any length.
    package var seconds: Double {
        let (seconds, attoseconds) = components
        return (Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / 1e9
    }

    /// In seconds to the millisecond, towards zero: short where it is printed.
    package var roundedSeconds: Double { Double(wholeMilliseconds) / 1000 }

    /// A part or a multiple of it, in whole nanoseconds; limited as ``wholeNanoseconds``. The library's own product goes by numbers of
    /// 128 bits, by functions all over it: half a megabyte of memory in a process that does nothing else.
    package func scaled(by factor: Double) -> Duration {
        let product = Double(wholeNanoseconds) * factor
        guard product.magnitude < 0x1p63 else {
            return .nanoseconds(product < 0 ? Int64.min : Int64.max)
        }
        return .nanoseconds(Int64(product))
    }

    /// In units of which a second has so many; a constant there.
    @inline(__always)
    private func whole(_ unitsOfSecond: Int64) -> Int64 {
        let unit = 1_000_000_000_000_000_000 / unitsOfSecond
        // Nine seconds fit into 64 bits of attoseconds. Without `components`, which divides 128 bits: timers came there fifteen
        // times in a check over TCP.
        if let few = Int64(exactly: attoseconds) { return few / unit }
        return Int64(clamping: attoseconds / Int128(unit))
    }
}
