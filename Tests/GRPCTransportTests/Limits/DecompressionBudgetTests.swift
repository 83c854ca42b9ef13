// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@testable import GRPCTransport

@Suite("What gzip may cost")
struct DecompressionBudgetTests {
    private let start = MonotonicTime(nanoseconds: 5)
    private let most = 8 << 20

    @Test("is a fixed amount at first, and grows again with time, to that amount")
    func earned() {
        var budget = DecompressionBudget(at: start)
        #expect(budget.left(at: start) == most)
        budget.spend(most)
        #expect(budget.left(at: start) == 0)
        #expect(budget.left(at: start + .milliseconds(500)) == most / 2)
        #expect(budget.left(at: start + .seconds(1)) == most)
        #expect(budget.left(at: start + .seconds(1_000_000)) == most)
        budget.spend(100)
        #expect(budget.left(at: start + .seconds(1_000_000)) == most - 100)
    }

    @Test("is earned although it is asked for at each moment")
    func fractions() {
        var budget = DecompressionBudget(at: start)
        budget.spend(most)
        var left = 0
        for step in 0...100_000 { left = budget.left(at: start + .nanoseconds(Int64(step) * 500)) }
        #expect(left > most / 25 && left <= most / 20)
    }

    @Test("is no less than nothing, and a debt is paid back first")
    func debt() {
        var budget = DecompressionBudget(at: start)
        for _ in 0..<2 { budget.spend(.max) }
        #expect(budget.left(at: start + .milliseconds(900)) == 0)
        #expect(budget.left(at: start + .milliseconds(1900)) > most / 2)
    }
}
