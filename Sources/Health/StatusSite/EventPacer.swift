// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// Decides when the streams of a loop are told of changes: of one at once, of several that follow soon in one event. Pure:
/// the time comes in.
struct EventPacer {
    /// What is to be done about a change.
    enum Action: Equatable {
        case tell
        /// ``timerFired(at:)`` has to be called then.
        case wait(until: MonotonicTime)
        /// A timer is set already.
        case nothing
    }

    /// Between two events at least.
    static let pause = Duration.milliseconds(250)

    private var told: MonotonicTime?
    private var isWaiting = false

    /// Something has changed.
    mutating func changed(at now: MonotonicTime) -> Action {
        if isWaiting { return .nothing }
        if let told, now - told < Self.pause {
            isWaiting = true
            return .wait(until: told + Self.pause)
        }
        told = now
        return .tell
    }

    /// The timer that was asked for has fired: now the streams are told.
    mutating func timerFired(at now: MonotonicTime) {
        isWaiting = false
        told = now
    }
}
