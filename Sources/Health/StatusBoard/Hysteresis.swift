// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// Keeps a verdict from flapping: observations that contradict it must come several times in a row, or for some time,
/// before it changes. Pure: the time comes in with each observation.
///
/// ```
///          first observation --> good or bad at once
///   good -- contradicted as `fall` says --> bad
///   bad  -- contradicted as `rise` says --> good
/// ```
public struct Hysteresis: Equatable, Sendable {
    /// How much contradiction in a row changes the verdict: so many observations, over so long a time.
    public struct Threshold: Equatable, Sendable {
        /// Observations; at least one.
        public var count: Int
        /// From the first of them to the last.
        public var duration: Duration

        /// A threshold; both have to be reached.
        public init(count: Int = 1, duration: Duration = .zero) {
            self.count = count
            self.duration = duration
        }
    }

    /// What turns good into bad.
    public var fall: Threshold
    /// What turns bad into good.
    public var rise: Threshold
    /// The verdict; nil before the first observation.
    public private(set) var isGood: Bool?
    private var contradictions = 0
    private var contradictedSince: MonotonicTime?

    /// A verdict that the first observation decides, unless `initially` says what it is.
    public init(fall: Threshold, rise: Threshold, initially isGood: Bool? = nil) {
        self.fall = fall
        self.rise = rise
        self.isGood = isGood
    }

    /// Takes an observation. True when the verdict is another one now.
    public mutating func observe(_ isObservedGood: Bool, at now: MonotonicTime) -> Bool {
        guard let isGood else {
            self.isGood = isObservedGood
            return true
        }
        guard isObservedGood != isGood else {
            forget()
            return false
        }
        let since = contradictedSince ?? now
        contradictedSince = since
        contradictions += 1
        let threshold = isGood ? fall : rise
        guard contradictions >= threshold.count, now - since >= threshold.duration else {
            return false
        }
        self.isGood = isObservedGood
        forget()
        return true
    }

    private mutating func forget() {
        contradictions = 0
        contradictedSince = nil
    }
}
