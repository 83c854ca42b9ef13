// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
package import StatusBoard
import Synchronization

/// How often each health name has changed between serving and not, and when it did last. From any thread.
package final class HealthChanges: Sendable {
    /// One name's changes.
    struct Changes {
        var isServing: Bool
        var count = 0
        /// In seconds since 1970: the start, when there was none.
        var latest: Double
    }

    private let names = Mutex<[String: Changes]>([:])

    /// No changes.
    package init() {}

    /// Takes the newest snapshot of the board. Snapshots have to come in their order: from its publisher.
    package func take(_ snapshot: Board.Snapshot) {
        let now = WallClock.now
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

    /// The changes of a name that the board has had.
    func changes(of name: String) -> Changes? { names.withLock { $0[name] } }
}

/// The time of day, for timestamps; never for measuring.
package enum WallClock {
    /// Seconds since 1970 (C: `CLOCK_REALTIME`).
    package static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec / 1_000_000) / 1000
    }
}
