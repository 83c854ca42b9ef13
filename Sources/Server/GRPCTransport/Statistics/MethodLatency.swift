// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import SystemIO

/// How long the calls of one method took on one loop.
///
/// Calls that last are measured one by one, from their header block to their end, by the time of the loop's ticks. Those
/// with an immediate handler are answered in the tick in which their request is complete: for them it is the length of
/// that tick, up to the point where all its answers have been sent. Of a busy loop, 1,000 ticks a second are measured
/// (``EventLoops/TickMeter``); calls of the others count with the next one that answers such a call.
struct MethodLatency {
    private(set) var times = DurationHistogram()
    /// Calls with an immediate handler that are in ``times``.
    private var measured = 0
    private var startedBeforeTick = 0
    private var latest = Duration.zero

    /// A call that lasted has ended.
    mutating func record(_ duration: Duration) { times.record(duration) }

    /// A tick that is measured begins.
    mutating func tickBegan(_ counters: CallCounters) { startedBeforeTick = counters.started }

    /// It has ended: the calls that ended since the latest one that was measured are counted with its length, if it
    /// answered one.
    mutating func tickEnded(_ counters: CallCounters, after duration: Duration) {
        guard counters.started != startedBeforeTick else { return }
        latest = duration
        countRest(counters)
    }

    /// Counts the calls of ticks that were not measured with the latest length that was.
    mutating func countRest(_ counters: CallCounters) {
        let ended = counters.endedCount
        if ended == measured { return }
        times.record(latest, times: ended - measured)
        measured = ended
    }
}

/// Measures the calls of a loop's methods whose handlers are immediate.
extension Worker: TickMeter {
    func tickBegan() {
        routes.methods.forEachImmediate { $0.latency.tickBegan($0.counters) }
    }

    func tickEnded(after duration: Duration) {
        routes.methods.forEachImmediate { $0.latency.tickEnded($0.counters, after: duration) }
    }
}
