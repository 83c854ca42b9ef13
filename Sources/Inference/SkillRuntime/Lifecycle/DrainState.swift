// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// How far the end of a runtime has come. Pure: the time comes in with each event.
///
/// ```
///   running --asked--> grace --it is over, or no client is left--> stopping
///      ^                 |
///      +----resumed------+   while only an operator has asked, and no signal
/// ```
struct DrainState {
    /// Who can ask for the end.
    enum Origin {
        /// A service manager or an orchestrator: it counts the seconds, and kills.
        case signal
        /// A person or a script, by the admin address.
        case admin
    }

    private enum Phase {
        case running
        case grace(end: MonotonicTime, deadline: MonotonicTime)
        case stopping
    }

    /// What to do when the end is asked for.
    enum OnAsked: Equatable {
        /// Announce the drain, then look for clients.
        case begin
        /// It cannot be taken back any more: say so.
        case settle
        /// Nothing: the end is on its way.
        case goOn
        /// End without waiting for anything.
        case stopAtOnce
    }

    /// What to do when the end is taken back.
    enum OnResumed: Equatable {
        /// Serve as before.
        case resume
        case refuse(reason: String)
    }

    /// What to do after a look for clients.
    enum OnLook: Equatable {
        /// Look again, at this time at the latest.
        case wait(until: MonotonicTime)
        /// Take no more requests; those under way have until the deadline.
        case stop(deadline: MonotonicTime)
        /// Nothing: the drain was taken back, or the server stops already.
        case nothing
    }

    private var phase = Phase.running
    /// A signal has asked for the end.
    private var isSignalled = false

    /// Whether it can still be taken back.
    var isFinal: Bool {
        switch phase {
        case .running: false
        case .grace: isSignalled
        case .stopping: true
        }
    }

    /// It was asked for, and not taken back.
    var isUnderWay: Bool {
        if case .running = phase { return false }
        return true
    }

    /// The end is asked for. The second signal means that it takes too long.
    mutating func asked(by origin: Origin, _ times: DrainTimes, at now: MonotonicTime) -> OnAsked {
        let wasSignalled = isSignalled
        if origin == .signal { isSignalled = true }
        switch phase {
        case .running:
            phase = .grace(end: now + times.grace, deadline: now + times.deadline)
            return .begin
        case .grace, .stopping:
            if origin == .admin { return .goOn }
            if wasSignalled { return .stopAtOnce }
            if case .grace = phase { return .settle }
            return .goOn
        }
    }

    /// An operator takes the end back.
    mutating func resumed() -> OnResumed {
        switch phase {
        case .running: return .refuse(reason: "the server is not draining")
        case .stopping:
            return .refuse(reason: "the grace period is over: the server is stopping")
        case .grace:
            guard !isSignalled else {
                return .refuse(reason: "a signal has asked for the end: it cannot be taken back")
            }
            phase = .running
            return .resume
        }
    }

    /// Whether clients are left was looked at.
    mutating func looked(isAlone: Bool, at now: MonotonicTime) -> OnLook {
        guard case .grace(let end, let deadline) = phase else { return .nothing }
        guard isAlone || now >= end else { return .wait(until: end) }
        phase = .stopping
        return .stop(deadline: deadline)
    }
}
