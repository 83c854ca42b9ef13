// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// How long a call has waited for its client: for the rest of a request, or for the client to take an answer. Pure.
struct CallTimeouts {
    private var wait: CallState.Wait?
    private var start = MonotonicTime(nanoseconds: 0)
    private var sentSince = 0

    /// Fewer bytes are no progress: with windows of one byte a client could hold an answer for ever.
    private static let progress = 1024

    /// The client took so many bytes of a message.
    mutating func sent(_ count: Int) { sentSince &+= count }

    /// The client took all of a message.
    mutating func sentMessage() { sentSince = Self.progress }

    /// Notes what is waited for now. True when that has lasted too long.
    mutating func hasExpired(
        _ wait: CallState.Wait?, _ limits: TimeoutLimits, at now: MonotonicTime
    ) -> Bool {
        if wait != self.wait || sentSince >= Self.progress {
            start = now
            sentSince = 0
        }
        self.wait = wait
        return switch wait {
        case .request: limits.request.hasPassed(since: start, at: now)
        case .answer: limits.write.hasPassed(since: start, at: now)
        case nil: false
        }
    }
}
