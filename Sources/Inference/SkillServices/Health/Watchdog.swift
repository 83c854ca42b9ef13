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

    /// Between two observations. With the misses that make a hang it is noticed within 3 s.
    package static let interval = Duration.milliseconds(500)

    /// So many observations in which the files do not respond are reported: 5 s.
    private static let missesOfFiles = 10

    /// What a loop sets when it responds.
    private final class Pulse: Sendable {
        let hasResponded = Atomic(true)
        /// When it was asked last, in nanoseconds.
        let asked = Atomic<Int64>(0)
        /// How long it took to respond last, in nanoseconds.
        let lag = Atomic<Int64>(0)

        /// The loop has been asked.
        func ask(at now: MonotonicTime) {
            asked.store(now.nanoseconds, ordering: .relaxed)
            hasResponded.store(false, ordering: .relaxed)
        }

        /// The loop waits for work.
        func wait() { lag.store(0, ordering: .relaxed) }

        /// The loop responds.
        func respond() {
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
        var mayRest = false
        while !isStopped.load(ordering: .relaxed) {
            let now = MonotonicTime.now()
            let responses = members.map { takeResponse($0, mayRest: mayRest) }
            if let outcome = detector.observe(responses, activity(at: now), at: now) {
                report(outcome)
            }
            if filesState.observe(takeResponse(files, mayRest: mayRest), at: now) {
                reportFiles(isGood: filesState.isGood == true)
            }
            mayRest.toggle()
            (MonotonicTime.now() + Self.interval).sleep()
        }
    }

    /// Whether the loop has responded; then it is asked again. A loop that hangs gets one question only. One that waits for work
    /// may rest, every other time: to wake every loop is most of what an idle process costs. Every other time only, because a
    /// thread that is never given a processor waits as well.
    private func takeResponse(_ member: Member, mayRest: Bool) -> Bool {
        let pulse = member.pulse
        guard pulse.hasResponded.load(ordering: .relaxed) else { return false }
        if mayRest, member.loop.isIdle {
            pulse.wait()
            return true
        }
        pulse.ask(at: .now())
        member.loop.post { pulse.respond() }
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
