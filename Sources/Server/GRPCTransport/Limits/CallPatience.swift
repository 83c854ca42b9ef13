// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// How long a call has waited for its client: for the rest of a request, or for the client to take an answer. Pure.
struct CallPatience {
    enum Finding { case fine, slowRequest, stalled }

    /// What is to be seen of a call.
    struct Sight {
        /// The request has one message, and it is not complete.
        var isRequestDue = false
        /// Something waits for the client's window.
        var isAnswerDue = false
    }

    private var requestSince: MonotonicTime?
    private var answerSince: MonotonicTime?
    private var sentSince = 0

    /// Less is no progress: windows of single bytes would keep an answer for ever.
    private static let progress = 1024

    /// The client took so many bytes of a message.
    mutating func sent(_ count: Int) { sentSince &+= count }

    /// The client took all of a message.
    mutating func sentMessage() { sentSince = Self.progress }

    /// Judges what is due now.
    mutating func look(
        _ sight: Sight, _ limits: ServerConfiguration, at now: MonotonicTime
    ) -> Finding {
        requestSince = sight.isRequestDue ? requestSince ?? now : nil
        if sentSince >= Self.progress || !sight.isAnswerDue {
            answerSince = nil
            sentSince = 0
        }
        answerSince = sight.isAnswerDue ? answerSince ?? now : nil
        if limits.requestTimeout.hasPassed(since: requestSince, at: now) { return .slowRequest }
        if limits.writeTimeout.hasPassed(since: answerSince, at: now) { return .stalled }
        return .fine
    }
}
