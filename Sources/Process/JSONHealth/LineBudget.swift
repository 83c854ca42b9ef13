// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// How many lines a client may still have answered. It earns more with time. Pure.
struct LineBudget {
    /// For a client that asks often, and says several things at once.
    static let most = 100
    /// One line is earned in this time.
    static let interval = Duration.milliseconds(10)

    private var left = Self.most
    private var earned: MonotonicTime

    init(at now: MonotonicTime) { earned = now }

    /// Pays for a line; false when nothing is left.
    mutating func pay(at now: MonotonicTime) -> Bool {
        earn(at: now)
        if left == 0 { return false }
        left -= 1
        return true
    }

    /// When the next line is earned.
    var next: MonotonicTime { earned + Self.interval }

    private mutating func earn(at now: MonotonicTime) {
        let count = Int(
            clamping: (now - earned).wholeNanoseconds / Self.interval.wholeNanoseconds)
        guard count > 0 else { return }
        left = min(Self.most, left + min(count, Self.most))
        earned = left == Self.most ? now : earned + Self.interval * count
    }
}
