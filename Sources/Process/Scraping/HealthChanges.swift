// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import StatusBoard
import Synchronization
import SystemIO

/// How often each health name has changed between serving and not, and when it did last; and when each check found another
/// state last. From any thread.
package final class HealthChanges: Sendable {
    /// One name's changes.
    struct Changes {
        var isServing: Bool
        var count = 0
        /// In seconds since 1970: the start, when there was none.
        var latest: Double
    }

    /// When a check found another state last, on both clocks.
    private struct StateChange {
        let since: MonotonicTime
        let wall: Double
    }

    private struct Checks {
        var latest: [OutcomeName: StateChange] = [:]
        /// Of the newest snapshot.
        var revision: UInt64 = 0

        /// Notes since when a check is as it is; nil for one that was withdrawn.
        mutating func note(
            _ name: OutcomeName, since: MonotonicTime?, wall: Double, now: MonotonicTime
        ) {
            guard let since else {
                latest[name] = nil
                return
            }
            if latest[name]?.since == since { return }
            latest[name] = StateChange(since: since, wall: wall - (now - since).roundedSeconds)
        }
    }

    private let names = Mutex<[String: Changes]>([:])
    private let checks = Mutex(Checks())

    /// No changes.
    package init() {}

    /// Takes the newest snapshot of the board. Snapshots have to come in their order: from its publisher.
    package func take(_ snapshot: Board.Snapshot) {
        takeChecks(snapshot)
        let now = Timestamp.now().fractionalSeconds
        names.withLock { names in
            var kept: [String: Changes] = [:]
            for (name, verdict) in snapshot.verdicts {
                var changes = names[name] ?? Changes(isServing: verdict.isServing, latest: now)
                if changes.isServing != verdict.isServing {
                    changes.isServing = verdict.isServing
                    changes.count += 1
                    changes.latest = now
                }
                kept[name] = changes
            }
            names = kept
        }
    }

    /// The time of day is looked up once a change: two clocks that are read again and again tell another difference each time.
    private func takeChecks(_ snapshot: Board.Snapshot) {
        checks.withLock { checks in
            let (wall, now) = (Timestamp.now().fractionalSeconds, MonotonicTime.now())
            let isNext = snapshot.revision == checks.revision &+ 1
            checks.revision = snapshot.revision
            if isNext, let news = snapshot.news {
                for name in news {
                    let since = snapshot.entries[name]?.since
                    checks.note(name, since: since, wall: wall, now: now)
                }
                return
            }
            snapshot.entries.visit { name, entry in
                checks.note(name, since: entry.since, wall: wall, now: now)
            }
            if checks.latest.count > snapshot.entries.count {
                checks.latest = checks.latest.filter { snapshot.entries[$0.key] != nil }
            }
        }
    }

    /// When the check of this name found another state last, in seconds since 1970; nil for one that the board did not have.
    func latestChange(of check: OutcomeName) -> Double? {
        checks.withLock { $0.latest[check]?.wall }
    }

    /// The changes of a name that the board has had.
    func changes(of name: String) -> Changes? { names.withLock { $0[name] } }
}
