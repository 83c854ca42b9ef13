// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
package import SystemIO

/// How many completions the upstream was asked for, and how they ended. From any thread.
package final class UpstreamCalls: Sendable {
    private let startedCount = Atomic<Int>(0)
    private let succeededCount = Atomic<Int>(0)
    private let failedCount = Atomic<Int>(0)
    private let latestStart = Atomic<Int64>(.min)

    /// Completions that were asked for.
    package var started: Int { startedCount.load(ordering: .relaxed) }
    /// Those that came.
    package var succeeded: Int { succeededCount.load(ordering: .relaxed) }
    /// Those that did not, or that were cancelled.
    package var failed: Int { failedCount.load(ordering: .relaxed) }
    /// When the latest was asked for; nil when none was.
    package var latest: MonotonicTime? {
        let nanoseconds = latestStart.load(ordering: .relaxed)
        return nanoseconds == .min ? nil : MonotonicTime(nanoseconds: nanoseconds)
    }

    func began(at now: MonotonicTime) {
        startedCount.add(1, ordering: .relaxed)
        latestStart.store(now.nanoseconds, ordering: .relaxed)
    }

    func ended(well: Bool) {
        if well {
            succeededCount.add(1, ordering: .relaxed)
        } else {
            failedCount.add(1, ordering: .relaxed)
        }
    }
}
