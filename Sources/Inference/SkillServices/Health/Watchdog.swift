// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import Inference
import Logging
import StatusBoard
import Synchronization
package import SystemIO

/// Checks from a thread of its own, which needs no loop, that every loop responds and that the requests make progress.
/// A hang is reported at once, and its end after a while.
///
/// The loop of the files serves no requests, and its disk may be slow: a hang of it changes no verdict.
package final class Watchdog: Sendable {
    private typealias Member = (name: String, loop: EventLoop, pulse: Pulse)

    private let members: [Member]
    private let files: Member
    private let state: RuntimeState
    private let stallAfter: Duration?
    private let isStopped = Atomic(false)

    /// Between two observations. With the misses that make a hang, and a rest before them, it is noticed within 3 s.
    private static let interval = Duration.milliseconds(400)

    /// Until the next observation when all is well and nothing is done. To wake threads is most of what an idle process costs.
    private static let rest = Duration.seconds(1)

    /// So many observations in which the files do not respond are reported: within 5 s.
    private static let missesOfFiles = 10

    /// What a loop sets when it responds.
    private final class Pulse: Sendable {
        let hasResponded = Atomic(true)
        /// When it was asked last, in nanoseconds.
        let asked = Atomic<Int64>(0)
        /// How long it took to respond last, in nanoseconds.
        let lag = Atomic<Int64>(0)
        /// How many ticks the loop had when it responded last.
        let ticks = Atomic(0)

        /// The loop has been asked.
        func ask(at now: MonotonicTime) {
            asked.store(now.nanoseconds, ordering: .relaxed)
            hasResponded.store(false, ordering: .relaxed)
        }

        /// Whether the loop, which waits, has had a tick since it responded last: that was a response as well.
        func hasTicked(_ loop: EventLoop) -> Bool {
            let count = loop.ticks
            guard ticks.exchange(count, ordering: .relaxed) != count else { return false }
            lag.store(0, ordering: .relaxed)
            return true
        }

        /// The loop, which waits, sleeps: it would have responded.
        func letSleep() { lag.store(0, ordering: .relaxed) }

        /// The loop responds.
        func respond(in tick: Int) {
            ticks.store(tick, ordering: .relaxed)
            let asked = asked.load(ordering: .relaxed)
            lag.store(MonotonicTime.now().nanoseconds - asked, ordering: .relaxed)
            hasResponded.store(true, ordering: .relaxed)
        }

        /// How long it took to respond last, or has not responded.
        func lag(at now: MonotonicTime) -> Duration {
            if hasResponded.load(ordering: .relaxed) {
                return .nanoseconds(lag.load(ordering: .relaxed))
            }
            let asked = MonotonicTime(nanoseconds: asked.load(ordering: .relaxed))
            return max(.zero, now - asked)
        }
    }

    /// - Parameters:
    ///   - loops: The loops that must respond, each with a name for a person.
    ///   - stallAfter: How long a request may take without progress; nil for no limit.
    package init(
        _ loops: [(name: String, loop: EventLoop)], files: EventLoop, state: RuntimeState,
        stallAfter: Duration?
    ) {
        self.members = loops.map { ($0.name, $0.loop, Pulse()) }
        self.files = ("files", files, Pulse())
        self.state = state
        self.stallAfter = stallAfter
    }

    /// Starts the thread.
    package func start() throws(SystemCallError) {
        try startThread(named: "watchdog") { [self] in run() }
    }

    /// Ends the thread after its present observation.
    package func stop() { isStopped.store(true, ordering: .relaxed) }

    private func run() {
        var detector = StallDetector(loops: members.map(\.name))
        var filesState = StallDetector.makeHysteresis(misses: Self.missesOfFiles)
        var isWell = true
        while !isStopped.load(ordering: .relaxed) {
            let now = MonotonicTime.now()
            let activity = activity(at: now)
            let isQuiet = activity == .idle && isWell && (members + [files]).allSatisfy(isIdle)
            let responses = members.map(takeResponse)
            if let outcome = detector.observe(responses, activity, at: now) {
                isWell = outcome.state.canServe
                report(outcome)
            }
            if filesState.observe(takeResponse(files), at: now) {
                reportFiles(isGood: filesState.isGood == true)
            }
            (MonotonicTime.now() + (isQuiet ? Self.rest : Self.interval)).sleep()
        }
    }

    /// The loop has responded, and waits for work.
    private func isIdle(_ member: Member) -> Bool {
        member.pulse.hasResponded.load(ordering: .relaxed) && member.loop.isIdle
    }

    /// Whether the loop has responded; then it is asked again. A loop that hangs gets one question only. One that waits needs none
    /// when it has had a tick of its own, or when the kernel says that it sleeps: a thread that is never given a processor seems
    /// to wait as well. Not to wake it is a quarter of the wake-ups of an idle process.
    private func takeResponse(_ member: Member) -> Bool {
        let (pulse, loop) = (member.pulse, member.loop)
        guard pulse.hasResponded.load(ordering: .relaxed) else { return false }
        if loop.isIdle {
            if pulse.hasTicked(loop) { return true }
            if loop.isAsleep {
                pulse.letSleep()
                return true
            }
        }
        pulse.ask(at: .now())
        loop.post { pulse.respond(in: loop.ticks) }
        return true
    }

    /// How late each loop that must respond was when it was asked last, or is now. From any thread.
    package func lags(at now: MonotonicTime) -> [(name: String, lag: Duration)] {
        members.map { ($0.name, $0.pulse.lag(at: now)) }
    }

    private func activity(at now: MonotonicTime) -> Progress.Activity {
        guard let stallAfter else { return .idle }
        return state.progress.activity(at: now, stallAfter: stallAfter)
    }

    private func report(_ outcome: Outcome) {
        state.board.report(outcome, for: .progress) { [logger = state.logger] in
            if outcome.state.canServe {
                logger.notice("progress again")
            } else {
                logger.critical("no progress", metadata: ["reason": "\(outcome.reason)"])
            }
        }
    }

    private func reportFiles(isGood: Bool) {
        state.board.report(isGood ? .healthy : .filesBlocked, for: .files) {
            [logger = state.logger] in
            if isGood {
                logger.notice("files answer again")
            } else {
                logger.warning(
                    "files do not answer", metadata: ["effect": "models are not looked at"])
            }
        }
    }
}
