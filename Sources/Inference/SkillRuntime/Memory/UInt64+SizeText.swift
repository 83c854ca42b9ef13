// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

extension UInt64 {
    /// Bytes for a person, with one digit after the point from a KiB on: "9.1 GiB". Needs are rounded up and what
    /// there is down, so that a need that is not met never looks as if it were.
    func sizeText(_ rounding: FloatingPointRoundingRule) -> String {
        let units: [(shift: UInt64, name: String)] = [
            (40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB"),
        ]
        guard let unit = units.first(where: { self >> $0.shift > 0 }) else {
            return "\(self) bytes"
        }
        let rest = self & ((1 << unit.shift) - 1)
        var tenths = (self >> unit.shift) * 10 + (rest * 10) >> unit.shift
        if rounding == .up, (rest * 10) & ((1 << unit.shift) - 1) != 0 { tenths += 1 }
        return "\(tenths / 10).\(tenths % 10) \(unit.name)"
    }
}
