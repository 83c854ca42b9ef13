// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// Whether something still answers, judged by looks at regular times. Pure.
///
/// It counts looks and not seconds: a process that was stopped or starved as a whole, its watchdog too, has missed
/// none when it goes on, and is given the time to answer first.
struct Heartbeat {
    /// So many looks without an answer are usually a hang.
    static let missesOfHang = 5
    /// So many looks with one are its end: what hangs every few seconds does not flap.
    static let answersOfRecovery = 4

    private(set) var isHung = false
    private let patience: Int
    private var misses = 0
    private var answers = 0

    /// - Parameter patience: So many looks without an answer are a hang here.
    init(patience: Int = missesOfHang) { self.patience = patience }

    /// Takes a look; true when the verdict turned.
    mutating func look(isAnswered: Bool) -> Bool {
        if isAnswered {
            misses = 0
            answers += 1
            guard isHung, answers >= Self.answersOfRecovery else { return false }
        } else {
            answers = 0
            misses += 1
            guard !isHung, misses >= patience else { return false }
        }
        isHung.toggle()
        return true
    }
}
