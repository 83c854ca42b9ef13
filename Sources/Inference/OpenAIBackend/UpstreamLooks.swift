// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What the answers of the upstream come to: a state that does not flap. Pure.
///
///     ready     -- two answers in a row that say otherwise --> not ready
///     not ready -- four in a row that say ready; the first one, when it never was --> ready
///
/// The first answer decides at once.
struct UpstreamLooks {
    /// So many answers in a row end readiness: a server that computes may be slow once.
    static let answersOfLoss = 2
    /// So many bring it back: what comes and goes every few seconds stays away.
    static let answersOfRecovery = 4

    /// Nil before the first answer.
    private(set) var state: UpstreamHealth.State?
    private var wasReady = false
    /// Answers in a row that speak for the other verdict.
    private var doubts = 0

    /// Takes an answer; true when ``state`` is another one.
    mutating func take(_ answer: UpstreamHealth.State) -> Bool {
        guard (answer == .ready) != (state == .ready) else {
            doubts = 0
            defer { state = answer }
            return state != answer  // another reason
        }
        doubts += 1
        if state != nil, doubts < patience { return false }
        doubts = 0
        state = answer
        if answer == .ready { wasReady = true }
        return true
    }

    private var patience: Int {
        if state == .ready { return Self.answersOfLoss }
        return wasReady ? Self.answersOfRecovery : 1
    }
}
