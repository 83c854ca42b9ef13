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
    /// When each model has last returned a text; the names are those of served models.
    private let latestTexts = Mutex<[String: MonotonicTime]>([:])

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

    /// Whether a model, by its name at the upstream, has returned a text since then.
    package func hasText(of model: String, since time: MonotonicTime) -> Bool {
        latestTexts.withLock { $0[model].map { $0 > time } ?? false }
    }

    /// A model has returned a text.
    func returnedText(_ model: String, at now: MonotonicTime) {
        latestTexts.withLock { $0[model] = now }
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
