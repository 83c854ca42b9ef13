// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Counts the packets of one sender that came, and those that are missing, by their sequence numbers, which wrap at 65,536.
package struct RTPLoss: Equatable, Sendable {
    /// Packets that came, each once.
    package private(set) var received = 0
    /// Packets that are missing.
    package private(set) var lost = 0
    private var last: UInt16?
    /// Which of the latest 64 came: bit n stands for the nth before the last. Those before the first count as come.
    private var window = UInt64.max

    /// A greater step is a new beginning (RFC 3550, A.1).
    static let maxStep: UInt16 = 3_000

    /// Nothing has come.
    package init() {}

    /// The part that is missing, in per cent.
    package var percent: Double {
        lost == 0 ? 0 : Double(lost) * 100 / Double(received + lost)
    }

    /// A packet has come; whether it is one that had not come before.
    package mutating func receive(_ sequence: UInt16) -> Bool {
        guard let last else {
            begin(sequence)
            return true
        }
        let step = sequence &- last
        let back = UInt64(last &- sequence)
        if back < 64 {
            // A repeated one, or one that is late.
            if window >> back & 1 == 1 { return false }
            window |= 1 << back
            lost -= 1
            received += 1
        } else if step < Self.maxStep {
            lost += Int(step) - 1
            window = (step < 64 ? window << UInt64(step) : 0) | 1
            self.last = sequence
            received += 1
        } else {
            begin(sequence)
        }
        return true
    }

    /// What follows comes from another sender.
    package mutating func beginAnew() { last = nil }

    private mutating func begin(_ sequence: UInt16) {
        last = sequence
        window = .max
        received += 1
    }
}
