// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Turns among places of different weight: each comes as often as its weight says, and not several times in a row where that can
/// be. Pure.
struct WeightedTurns {
    /// What a place with the weight 0 has, and one with 1 has a hundred times as much (RFC 2782: "a very small chance").
    private static let least = 1
    private static let unit = 100

    /// The sum of the shares up to each place.
    private let ends: [Int]

    /// Turns by weight; nil where all have the same.
    init?(_ weights: [UInt16]) {
        guard let first = weights.first, weights.contains(where: { $0 != first }) else {
            return nil
        }
        var sum = 0
        ends = weights.map { weight in
            sum += Self.share(of: weight)
            return sum
        }
    }

    /// The share of a weight, for comparisons.
    static func share(of weight: UInt16) -> Int { max(least, Int(weight) * unit) }

    /// The place of a turn, which is any number; the next turn is the next number.
    func place(_ turn: Int) -> Int {
        // The golden ratio's multiples are spread evenly over the whole, each as far as can be from those before.
        let spread = UInt64(truncatingIfNeeded: turn) &* 0x9E37_79B9_7F4A_7C15
        let point = Int(spread.multipliedFullWidth(by: UInt64(ends[ends.count - 1])).high)
        // The first place that ends behind the point.
        var (low, high) = (0, ends.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] > point { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
