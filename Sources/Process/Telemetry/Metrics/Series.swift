// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Exposition
import Synchronization

/// One series that a program counts in.
protocol Series: AnyObject, Sendable {
    /// What it has now.
    var value: MetricValue { get }
}

/// Cells of ``ThreadCells`` that belong to one series.
final class SeriesCells: Sendable {
    let first: Int
    let count: Int

    /// Nil when there are too few left.
    init?(_ count: Int) {
        guard let first = ThreadCells.take(count) else { return nil }
        self.first = first
        self.count = count
    }

    deinit { ThreadCells.giveBack(first, count) }
}

/// A counter of whole numbers.
final class CounterSeries: Series, CounterHandler {
    private let cells: SeriesCells
    /// What the cell held when the series was new, or was set to zero.
    private let base: Atomic<Int>

    init?() {
        guard let cells = SeriesCells(1) else { return nil }
        self.cells = cells
        base = Atomic(ThreadCells.total(cells.first))
    }

    /// A counter never goes down: less than one counts as nothing.
    func increment(by amount: Int64) {
        if amount > 0 { ThreadCells.add(Int(amount), at: cells.first) }
    }

    func reset() { base.store(ThreadCells.total(cells.first), ordering: .relaxed) }

    var value: MetricValue {
        .integer(ThreadCells.total(cells.first) &- base.load(ordering: .relaxed))
    }
}

/// A counter of numbers.
final class NumberSeries: Series, FloatingPointCounterHandler {
    private let cells: SeriesCells
    private let base: Atomic<UInt64>

    init?() {
        guard let cells = SeriesCells(1) else { return nil }
        self.cells = cells
        base = Atomic(ThreadCells.total(ofNumbers: cells.first).bitPattern)
    }

    func increment(by amount: Double) {
        if amount > 0, amount.isFinite { ThreadCells.add(amount, at: cells.first) }
    }

    func reset() {
        base.store(ThreadCells.total(ofNumbers: cells.first).bitPattern, ordering: .relaxed)
    }

    var value: MetricValue {
        let base = Double(bitPattern: base.load(ordering: .relaxed))
        return .number(max(0, ThreadCells.total(ofNumbers: cells.first) - base))
    }
}

/// A value that goes up and down: the latest that any thread has set.
final class GaugeSeries: Series, RecorderHandler, MeterHandler {
    private let bits = Atomic<UInt64>(Double(0).bitPattern)

    func record(_ value: Int64) { set(Double(value)) }

    func record(_ value: Double) { set(value) }

    func set(_ value: Int64) { set(Double(value)) }

    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    func increment(by amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let sum = Double(bitPattern: old) + amount
            let (isDone, current) = bits.weakCompareExchange(
                expected: old, desired: sum.bitPattern, ordering: .relaxed)
            if isDone { return }
            old = current
        }
    }

    func decrement(by amount: Double) { increment(by: -amount) }

    var value: MetricValue { .number(Double(bitPattern: bits.load(ordering: .relaxed))) }
}

/// How often values were recorded, by size; of a timer they are seconds.
final class HistogramSeries: Series, RecorderHandler, TimerHandler {
    private let bounds: [Double]
    /// One for each range, and one for the sum.
    private let cells: SeriesCells
    private let base: HistogramValue

    init?(_ bounds: [Double]) {
        guard let cells = SeriesCells(bounds.count + 2) else { return nil }
        self.bounds = bounds
        self.cells = cells
        base = Self.read(cells, bounds)
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        let range = bounds.firstIndex { value <= $0 } ?? bounds.count
        ThreadCells.add(1, at: cells.first + range)
        ThreadCells.add(value, at: cells.first + bounds.count + 1)
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    var value: MetricValue {
        let now = Self.read(cells, bounds)
        let counts = zip(now.counts, base.counts).map { $0 &- $1 }
        return .histogram(
            HistogramValue(bounds: bounds, counts: counts, sum: now.sum - base.sum))
    }

    private static func read(_ cells: SeriesCells, _ bounds: [Double]) -> HistogramValue {
        let counts = (0...bounds.count).map { ThreadCells.total(cells.first + $0) }
        let sum = ThreadCells.total(ofNumbers: cells.first + bounds.count + 1)
        return HistogramValue(bounds: bounds, counts: counts, sum: sum)
    }
}

/// Takes what has no series of its own, because there are too many or its name is another metric's: only how often.
final class RejectedSeries: CounterHandler, FloatingPointCounterHandler, RecorderHandler,
    MeterHandler, TimerHandler
{
    private let calls = Atomic<Int>(0)

    /// How often it was called.
    var count: Int { calls.load(ordering: .relaxed) }

    private func count(_ calls: Int = 1) { self.calls.add(calls, ordering: .relaxed) }

    func increment(by amount: Int64) { count() }

    func increment(by amount: Double) { count() }

    func decrement(by amount: Double) { count() }

    func reset() {}

    func record(_ value: Int64) { count() }

    func record(_ value: Double) { count() }

    func set(_ value: Int64) { count() }

    func set(_ value: Double) { count() }

    func recordNanoseconds(_ duration: Int64) { count() }
}
