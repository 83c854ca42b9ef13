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
    /// What changes the verdict: contradictions in a row, so many over so long a time, after a verdict that has lasted
    /// for some time.
    public struct Threshold: Equatable, Sendable {
        /// Observations; at least one.
        public var count: Int
        /// From the first of them to the last.
        public var duration: Duration
        /// Since the verdict's latest change.
        public var hold: Duration

        /// A threshold; all of it has to be reached.
        public init(count: Int = 1, duration: Duration = .zero, hold: Duration = .zero) {
            self.count = count
            self.duration = duration
            self.hold = hold
        }
    }

    /// What turns good into bad.
    public var fall: Threshold
    /// What turns bad into good.
    public var rise: Threshold
    /// The verdict; nil before the first observation.
    public private(set) var isGood: Bool?
    /// When the verdict became what it is; nil before its first change.
    public private(set) var changed: MonotonicTime?
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
            become(isObservedGood, at: now)
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
        guard contradictions >= threshold.count, now - since >= threshold.duration,
            changed.map({ now - $0 >= threshold.hold }) ?? true
        else { return false }
        become(isObservedGood, at: now)
        return true
    }

    private mutating func become(_ isGood: Bool, at now: MonotonicTime) {
        self.isGood = isGood
        changed = now
        forget()
    }

    private mutating func forget() {
        contradictions = 0
        contradictedSince = nil
    }
}
