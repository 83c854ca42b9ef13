// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Inference
import StatusBoard
import SystemIO

/// Turns what the watchdog observes of many loops and of the workers into one outcome. Pure.
///
/// It counts observations and not seconds: a process that was stopped or starved as a whole, its watchdog too, has missed
/// none when it continues, and has the time to respond first.
package struct StallDetector {
    /// So many observations without a response are a hang.
    static let missesOfHang = 5
    /// So many with one are its end: what hangs every few seconds does not flap.
    static let responsesOfRecovery = 5

    private let names: [String]
    private var loops: [Hysteresis]
    private var work = Self.makeHysteresis()
    /// How many requests were stalled at the latest observation that found any.
    private var stalledRequests = 0

    package init(loops names: [String]) {
        self.names = names
        self.loops = names.map { _ in Self.makeHysteresis() }
    }

    /// Judges one loop, or the workers.
    static func makeHysteresis(misses: Int = missesOfHang) -> Hysteresis {
        Hysteresis(
            fall: .init(count: misses), rise: .init(count: responsesOfRecovery), initially: true)
    }

    /// Takes an observation: which loops have responded, in the order of their names, and what the workers do. The
    /// outcome, when it is another one.
    mutating func observe(
        _ haveResponded: [Bool], _ activity: Progress.Activity, at now: MonotonicTime
    ) -> Outcome? {
        var hasChanged = false
        for index in loops.indices where loops[index].observe(haveResponded[index], at: now) {
            hasChanged = true
        }
        var isProgressing = true
        if case .stalled(let count, _) = activity {
            isProgressing = false
            stalledRequests = count
        }
        if work.observe(isProgressing, at: now) { hasChanged = true }
        return hasChanged ? outcome : nil
    }

    private var outcome: Outcome {
        var reasons = zip(names, loops).filter { $1.isGood == false }.map { "\($0.0) is blocked" }
        if work.isGood == false {
            reasons.append(
                stalledRequests == 1
                    ? "1 request makes no progress"
                    : "\(stalledRequests) requests make no progress")
        }
        return reasons.isEmpty ? .healthy : .stalled(reasons.joined(separator: ", "))
    }
}
