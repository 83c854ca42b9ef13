// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// Keeps a verdict from flapping: observations that contradict it must come several times in a row, or for some time,
/// before it changes. Pure: the time comes in with each observation.
///
/// ```
///          first observation --> good or bad at once
///   good -- contradicted as `fall` says --> bad
///   bad  -- contradicted as `rise` says --> good
/// ```
package struct Hysteresis: Equatable, Sendable {
    /// What changes the verdict: contradictions in a row, so many over so long a time, after a verdict that has lasted
    /// for some time.
    package struct Threshold: Equatable, Sendable {
        /// Observations; at least one.
        package var count: Int
        /// From the first of them to the last.
        package var duration: Duration
        /// Since the verdict's latest change.
        package var hold: Duration

        /// A threshold; all of it has to be reached.
        package init(count: Int = 1, duration: Duration = .zero, hold: Duration = .zero) {
            self.count = count
            self.duration = duration
            self.hold = hold
        }
    }

    /// What turns good into bad.
    package var fall: Threshold
    /// What turns bad into good.
    package var rise: Threshold
    /// The verdict; nil before the first observation.
    package private(set) var isGood: Bool?
    /// When the verdict became what it is; nil before its first change.
    package private(set) var changed: MonotonicTime?
    private var contradictions = 0
    private var contradictedSince: MonotonicTime?

    /// A verdict that the first observation decides, unless `initially` says what it is.
    package init(fall: Threshold, rise: Threshold, initially isGood: Bool? = nil) {
        self.fall = fall
        self.rise = rise
        self.isGood = isGood
    }

    /// Takes an observation. True when the verdict is another one now.
    package mutating func observe(_ isObservedGood: Bool, at now: MonotonicTime) -> Bool {
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
