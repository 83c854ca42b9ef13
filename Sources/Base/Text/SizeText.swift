// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Numbers of bytes, written with units of 1024.
package enum SizeText {
    private static let units: [(symbol: String, shift: UInt64)] = [
        ("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10),
    ]

    /// With the largest unit that loses nothing, such as `100MiB`: as a flag takes it.
    package static func exact(_ bytes: Int64) -> String {
        for unit in units where bytes != 0 && bytes & ((1 << unit.shift) - 1) == 0 {
            return "\(bytes >> unit.shift)\(unit.symbol)"
        }
        return "\(bytes)B"
    }

    /// For a person, with one digit after the point from a KiB on: `9.1 GiB`. Round up what is needed and down what
    /// there is, so that a need that is not met never seems to be.
    package static func rounded(_ bytes: UInt64, _ rounding: FloatingPointRoundingRule) -> String {
        for unit in units where bytes >> unit.shift > 0 {
            let rest = bytes & ((1 << unit.shift) - 1)
            var tenths = (bytes >> unit.shift) * 10 + (rest * 10) >> unit.shift
            if rounding == .up, (rest * 10) & ((1 << unit.shift) - 1) != 0 { tenths += 1 }
            return "\(tenths / 10).\(tenths % 10) \(unit.symbol)"
        }
        return "\(bytes) bytes"
    }
}
