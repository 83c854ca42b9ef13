// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// When a check runs, and how many results change its verdict.
package struct CheckTiming: Equatable, Sendable {
    /// From the start of a run to that of the next one, at most.
    package var interval: Duration
    /// A run that takes longer has failed.
    package var timeout: Duration
    /// From the end of a run whose result contradicts the verdict to the next one: a quick second look.
    package var confirmGap: Duration
    /// Results in a row that make the verdict worse.
    package var fall: Int
    /// Results in a row that make it better.
    package var rise: Int

    /// The part of each interval by which it may be shorter, so that the runs of many processes spread.
    package static let jitter = 0.1

    /// A result older than this says nothing any more.
    package var staleAfter: Duration { interval + interval + interval + timeout }

    /// From the begin of a run to that of the next one, when that is asked for out of turn.
    package var requestGap: Duration { min(confirmGap, .seconds(1)) }

    /// From the moment at which the target begins to hang to the verdict that says so, at worst. A target that refuses is
    /// found sooner.
    package var worstDetection: Duration {
        interval + timeout * fall + confirmGap * (fall - 1)
    }

    /// The timing that finds a target that hangs within `detectWithin`, whatever is not given being derived: a quarter of it is
    /// the interval, three fifths are for the timeouts, a fiftieth or less is each gap. What is given wins, even if
    /// ``worstDetection`` is then more.
    package init(
        detectWithin: Duration = .seconds(5), interval: Duration? = nil, timeout: Duration? = nil,
        fall: Int = 3, rise: Int = 2
    ) {
        self.fall = max(1, fall)
        self.rise = max(1, rise)
        self.interval = interval ?? detectWithin / 4
        self.timeout = timeout ?? detectWithin * 3 / (5 * self.fall)
        self.confirmGap = detectWithin / max(50, 7 * self.fall)
    }
}
