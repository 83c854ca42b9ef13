// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// What its producer knows of how an outcome will change; for explanations. Another prospect alone is no news: nothing is
/// published.
package enum Prospect: Equatable, Sendable {
    /// Further runs of a check decide.
    case runs(RunProspect)
    /// It is over by itself then.
    case ends(MonotonicTime)
    /// It does not change any more.
    case final
}

/// How further runs of a check would change its outcome.
package struct RunProspect: Equatable, Sendable {
    /// What the latest run found; nil before the first, or when it counts for nothing any more.
    package var latest: Outcome.State?
    /// The cause that the latest run found; empty when there is none.
    package var latestCause = ""
    /// Results in a row that contradict the outcome.
    package var contradictions = 0
    /// So many of them in a row make it worse.
    package var fall: Int
    /// So many make it better.
    package var rise: Int
    /// When the next run begins; a run is under way when that has passed. Nil while there is to be none.
    package var nextRun: MonotonicTime?
    /// Checks without which it says nothing.
    package var needs: [String] = []
    /// The one of them, or of those that they need, that is down; nil when none is.
    package var blockedBy: String?
    /// It decides nothing.
    package var isDry = false
    /// Runs that have ended with a result.
    package var runs = 0
    /// How often the outcome has changed since its first one.
    package var changes = 0
    /// How often single results have changed: so often the outcome would have without thresholds.
    package var resultChanges = 0

    /// A check that has not run yet.
    package init(fall: Int, rise: Int) {
        self.fall = fall
        self.rise = rise
    }
}
