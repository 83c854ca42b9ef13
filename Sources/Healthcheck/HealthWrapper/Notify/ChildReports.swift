// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import StatusBoard
import SystemIO

/// What the command has said about itself (`sd_notify(3)`), and what follows for its health. Pure: the time comes in.
///
/// ```
///   silent --READY=1--> ready --RELOADING=1--> reloading --READY=1--> ready
///     |                   +------STOPPING=1--> stopping
///     +--another line----> starting --READY=1--> ready
/// ```
/// A command that says nothing is ready while it runs, unless it has to say so.
struct ChildReports {
    private enum Phase { case silent, starting, ready, reloading, stopping }

    private let waitsForReady: Bool
    /// What the settings ask for; zero for none.
    private let firstWatchdog: Duration
    private var phase = Phase.silent
    private var status = ""
    private var watchdog: Duration
    /// When it has to have said again that it is alive; nil without a watchdog, and before it runs.
    private(set) var deadline: MonotonicTime?
    private var isAlive = true

    init(waitsForReady: Bool, watchdog: Duration) {
        self.waitsForReady = waitsForReady
        self.watchdog = watchdog
        firstWatchdog = watchdog
    }

    /// The command was started, the first time or again.
    mutating func started(at now: MonotonicTime) {
        self = ChildReports(waitsForReady: waitsForReady, watchdog: firstWatchdog)
        restartWatchdog(at: now)
    }

    /// The command has ended: nothing is expected of it.
    mutating func ended() { deadline = nil }

    /// It has said something.
    mutating func received(_ notification: ChildNotification, at now: MonotonicTime) {
        // A datagram may have its status first, and what it means behind that.
        for line in notification.lines {
            switch line {
            case .ready: phase = .ready
            case .reloading: phase = .reloading
            case .stopping: phase = .stopping
            case .status(let text):
                status = text
                begin()
            case .alive:
                isAlive = true
                restartWatchdog(at: now)
                begin()
            case .notAlive: fail()
            case .watchdog(let time):
                // One that the settings do not ask for decides nothing: there would be no outcome for it.
                guard firstWatchdog > .zero else { continue }
                watchdog = time
                restartWatchdog(at: now)
            case .starting: begin()
            }
        }
    }

    /// Time has passed; true when that changes something.
    mutating func advance(to now: MonotonicTime) -> Bool {
        guard let deadline, now >= deadline else { return false }
        fail()
        return true
    }

    /// What follows for readiness.
    var ready: Outcome {
        switch phase {
        case .silent where !waitsForReady: .healthy
        case .silent, .starting:
            Outcome(
                .unhealthy, .loading, reason: "the command has not said that it is ready",
                figures: status)
        case .ready: Outcome(.healthy, reason: status)
        case .reloading:
            Outcome(.degraded, .loading, reason: "the command reloads", figures: status)
        case .stopping:
            Outcome(
                .unhealthy, .draining, reason: "the command says that it stops", figures: status)
        }
    }

    /// What follows for liveness; nil without a watchdog.
    var alive: Outcome? {
        if firstWatchdog == .zero { return nil }
        if isAlive { return .healthy }
        return Outcome(
            .unhealthy, .stalled,
            reason: "the command does not say in time that it is alive (WATCHDOG=1)")
    }

    private mutating func begin() { if phase == .silent { phase = .starting } }

    private mutating func fail() {
        isAlive = false
        deadline = nil
    }

    private mutating func restartWatchdog(at now: MonotonicTime) {
        deadline = watchdog > .zero ? now + watchdog : nil
    }
}
