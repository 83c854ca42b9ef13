// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import StatusBoard
package import SystemIO

/// What is known of a check.
package struct CheckState: Equatable, Sendable {
    /// What the results of a check come to.
    package enum Verdict: Equatable, Sendable {
        /// It has no result yet.
        case starting
        /// How its target is; never `unknown`.
        case known(Outcome.State)
        /// Its latest result is too old.
        case stale
        /// A check that it needs is down; the name of the first cause.
        case blocked(by: String)

        /// The check says that its target does not work, or says nothing though it should.
        package var isDown: Bool {
            switch self {
            case .known(let state): state == .unhealthy
            case .stale, .blocked: true
            case .starting: false
            }
        }

        /// The verdict as a state of the status board.
        package var state: Outcome.State {
            if case .known(let state) = self { return state }
            return .unknown
        }
    }

    /// The verdict now.
    package internal(set) var verdict = Verdict.starting
    /// Since when.
    package internal(set) var since: MonotonicTime
    /// The verdict before it.
    package internal(set) var previous: Verdict?
    /// The latest result; nil before the first.
    package internal(set) var latest: CheckResult?
    /// When that came.
    package internal(set) var latestTime: MonotonicTime?
    /// Results of the same state in a row, the latest one included.
    package internal(set) var consecutive = 0
    /// How often the verdict has changed.
    package internal(set) var changes = 0
    /// How often single results have changed: so often a verdict without thresholds would have.
    package internal(set) var resultChanges = 0
    /// Runs that have ended with a result.
    package internal(set) var runs = 0
    /// Runs that the process itself delayed, or that found nothing out: they count for nothing.
    package internal(set) var voidRuns = 0
    /// Results in a row that contradict the verdict.
    package internal(set) var contradictions = 0
    /// When the next run begins, on the clock that never stands still; while one is under way, that after it.
    package internal(set) var nextRun: MonotonicTime?

    /// The cause for an operator; empty when it is healthy.
    package var cause: String {
        switch verdict {
        case .starting: "no result yet"
        case .known: latest?.cause ?? ""
        case .stale: "no result for too long"
        case .blocked(let root): "\(root) is down"
        }
    }

    /// How old the latest result is; nil before the first.
    package func age(at now: MonotonicTime) -> Duration? { latestTime.map { now - $0 } }

    /// Takes a result that counts.
    mutating func take(_ result: CheckResult, at now: MonotonicTime) {
        let isSame = latest?.state == result.state
        if latest != nil, !isSame { resultChanges += 1 }
        consecutive = isSame ? consecutive + 1 : 1
        runs += 1
        latest = result
        latestTime = now
    }

    /// True when the verdict is another one now.
    mutating func become(_ verdict: Verdict, at now: MonotonicTime) -> Bool {
        guard verdict != self.verdict else { return false }
        previous = self.verdict
        self.verdict = verdict
        since = now
        changes += 1
        return true
    }
}
