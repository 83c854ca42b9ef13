// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import SystemIO

/// The state that follows from the answers of the upstream's health path, and does not flap. Pure.
///
///     ready     -- two answers in a row that say otherwise --> not ready
///     not ready -- four in a row that say ready; the first one, if it was never ready --> ready
///
/// The first answer decides at once.
struct UpstreamReadiness {
    /// Answers that end readiness: a server that computes may be slow once.
    static let answersOfLoss = 2
    /// Answers that restore it: an upstream that fails every few seconds stays not ready.
    static let answersOfRecovery = 4

    /// Nil before the first answer.
    private(set) var state: UpstreamHealth.State?
    private var hysteresis = Hysteresis(
        fall: Hysteresis.Threshold(count: answersOfLoss), rise: Hysteresis.Threshold(count: 1))

    /// Takes an answer; true when ``state`` is another one now.
    mutating func observe(_ answer: UpstreamHealth.State, at now: MonotonicTime) -> Bool {
        let isReady = answer == .ready
        _ = hysteresis.observe(isReady, at: now)
        // An answer that contradicts the verdict has not changed it yet.
        guard hysteresis.isGood == isReady else { return false }
        if isReady { hysteresis.rise.count = Self.answersOfRecovery }
        defer { state = answer }
        return state != answer
    }
}
