// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import SystemIO

/// When a push that goes on has to end, set from another thread.
final class PushInterruption: Sendable {
    private let nanoseconds = Atomic<Int64>(MonotonicTime.distantFuture.nanoseconds)

    init() {}

    /// Never, until it is set.
    var time: MonotonicTime {
        MonotonicTime(nanoseconds: nanoseconds.load(ordering: .relaxed))
    }

    func set(_ time: MonotonicTime) { nanoseconds.store(time.nanoseconds, ordering: .relaxed) }
}
