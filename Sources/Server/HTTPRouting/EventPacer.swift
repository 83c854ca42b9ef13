// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// Decides when streams are told of changes: of one at once, of several that follow soon in one event. Pure:
/// the time comes in.
package struct EventPacer {
    /// What is to be done about a change.
    package enum Action: Equatable {
        case tell
        /// ``timerFired(at:)`` has to be called then.
        case wait(until: MonotonicTime)
        /// A timer is set already.
        case nothing
    }

    private let pause: Duration
    private var told: MonotonicTime?
    private var isWaiting = false

    /// A pacer with so much time between two events at least.
    package init(pause: Duration = .milliseconds(250)) { self.pause = pause }

    /// Something has changed.
    package mutating func changed(at now: MonotonicTime) -> Action {
        if isWaiting { return .nothing }
        if let told, now - told < pause {
            isWaiting = true
            return .wait(until: told + pause)
        }
        told = now
        return .tell
    }

    /// The timer that was asked for has fired: now the streams are told.
    package mutating func timerFired(at now: MonotonicTime) {
        isWaiting = false
        told = now
    }
}
