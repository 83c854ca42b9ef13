// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// When one check runs, and which run is under way. Pure.
///
/// ```
///   waiting --due--> running --finished--> waiting
///                    running --deadline--> stopping --finished--> waiting
/// ```
/// A run that is over time has its result at once. The next one begins when the driver says that it has let go of it: a check
/// never overlaps itself.
struct CheckSchedule: Sendable {
    enum Phase: Equatable, Sendable {
        case waiting
        case running(number: UInt64, since: MonotonicTime, deadline: MonotonicTime)
        /// The driver was told to cancel it; when it has not by then, that counts as another failure.
        case stopping(number: UInt64, until: MonotonicTime)
    }

    /// What is to be done now.
    enum Step: Equatable {
        case nothing
        case begin(number: UInt64)
        /// The run's time is over: cancel it.
        case timeOut(number: UInt64)
        /// A run that was cancelled has held on for so long as another one would have taken.
        case stillStopping
    }

    private(set) var phase = Phase.waiting
    /// When the next run is to begin.
    private(set) var due: MonotonicTime
    /// The process stood still during the run: only a good result is believed.
    private(set) var isSuspect = false
    private var latestNumber: UInt64 = 0
    private var latestBegin: MonotonicTime?
    /// Another run was asked for while one went on, which may have looked before.
    private var isRequested = false

    /// A schedule whose first run is due then.
    init(firstRun: MonotonicTime) { due = firstRun }

    /// A run goes on, and its time is not over.
    var isRunning: Bool { if case .running = phase { true } else { false } }

    /// When ``advance(to:_:nextInterval:)`` has something to do.
    var wake: MonotonicTime {
        switch phase {
        case .waiting: due
        case .running(_, _, let deadline): deadline
        case .stopping(_, let until): until
        }
    }

    /// Takes the next step that is due. A run that is not let go of counts as failing again after `patience`. The next run is due `nextInterval` after the one before it was: no drift.
    mutating func advance(
        to now: MonotonicTime, timeout: Duration, nextInterval: Duration, patience: Duration
    ) -> Step {
        switch phase {
        case .waiting:
            guard now >= due else { return .nothing }
            latestNumber += 1
            phase = .running(number: latestNumber, since: now, deadline: now + timeout)
            latestBegin = now
            (isSuspect, isRequested) = (false, false)
            postpone(nextInterval, now)
            return .begin(number: latestNumber)
        case .running(let number, _, let deadline):
            guard now >= deadline else { return .nothing }
            phase = .stopping(number: number, until: now + patience)
            return .timeOut(number: number)
        case .stopping(let number, let until):
            guard now >= until else { return .nothing }
            phase = .stopping(number: number, until: now + patience)
            return .stillStopping
        }
    }

    private mutating func postpone(_ interval: Duration, _ now: MonotonicTime) {
        due = due + interval
        // After runs that took longer than the interval there is nothing to catch up on.
        if due <= now { due = now + interval }
    }

    /// The driver has finished a run, or let go of one that was cancelled. How long it took; nil when its result comes too
    /// late, or is of no run that is known.
    mutating func finished(_ number: UInt64, at now: MonotonicTime) -> Duration? {
        switch phase {
        case .running(number, let since, _):
            phase = .waiting
            return now - since
        case .stopping(number, _):
            phase = .waiting
            return nil
        default: return nil
        }
    }

    /// The process stood still.
    mutating func hadGap() {
        if case .running = phase { isSuspect = true }
    }

    /// Lets the next run begin now, or as soon as `gap` has passed since the latest one began and that is over.
    mutating func request(at now: MonotonicTime, gap: Duration) {
        guard phase == .waiting else {
            isRequested = true
            return
        }
        hasten(to: max(now, latestBegin.map { $0 + gap } ?? now))
    }

    /// Does what was asked for while the latest run went on.
    mutating func carryOutRequest(at now: MonotonicTime, gap: Duration) {
        if isRequested { request(at: now, gap: gap) }
    }

    /// Moves the next run to `time`, if it would begin later.
    mutating func hasten(to time: MonotonicTime) { due = min(due, time) }

    /// Moves the next run to `time`.
    mutating func postpone(to time: MonotonicTime) { due = time }
}
