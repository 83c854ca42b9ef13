// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// How long a call has waited for its client: for the rest of a request, or for the client to take an answer. Pure.
struct CallTimeouts {
    enum Finding { case fine, slowRequest, stalled }

    /// The state of a call, as far as time limits depend on it.
    struct Observation {
        /// The request has one message, and it is not complete.
        var isRequestDue = false
        /// Something waits for the client's window.
        var isAnswerDue = false
    }

    private var requestSince: MonotonicTime?
    private var answerSince: MonotonicTime?
    private var sentSince = 0

    /// Fewer bytes are no progress: with windows of one byte a client could hold an answer for ever.
    private static let progress = 1024

    /// The client took so many bytes of a message.
    mutating func sent(_ count: Int) { sentSince &+= count }

    /// The client took all of a message.
    mutating func sentMessage() { sentSince = Self.progress }

    /// Finds out whether the call has waited too long.
    mutating func evaluate(
        _ observation: Observation, _ limits: ServerConfiguration, at now: MonotonicTime
    ) -> Finding {
        requestSince = observation.isRequestDue ? requestSince ?? now : nil
        if sentSince >= Self.progress || !observation.isAnswerDue {
            answerSince = nil
            sentSince = 0
        }
        answerSince = observation.isAnswerDue ? answerSince ?? now : nil
        if limits.requestTimeout.hasPassed(since: requestSince, at: now) { return .slowRequest }
        if limits.writeTimeout.hasPassed(since: answerSince, at: now) { return .stalled }
        return .fine
    }
}
