// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckSettings
import EventLoops
import Flags
import GRPCHealth
import GRPCTransport
import Logging
import Registering
import SkillServices
import StatusBoard
import SystemIO

/// The end of the runtime, step by step, in the order of ``DrainState``:
///
///     tellRegistriesOfDrain  those who find the runtime in a registry know first
///     announceDraining  every health name is NOT_SERVING
///     lookForClients    clients are served for the grace period, or until none is connected
///     stopServer        watches end, GOAWAY; the calls under way finish, or are cut off at the deadline
///     sideServers.stop  the same at the addresses beside the port
///     endPush           the last values go to a collector, where metrics are pushed
///     leaveRegistries   the instance is taken out
///     finish            exit code 1 when calls were cut off
extension Runtime {
    /// Takes the wish for an end.
    func drain(
        askedBy origin: DrainState.Origin, _ reply: @escaping @Sendable (Reply) -> Void
    ) {
        let action = operations.drain.asked(by: origin, options.drain.times, at: .now())
        if case .begin = action {
            return tellRegistriesOfDrain { [self] in
                // It may have been taken back meanwhile.
                if operations.drain.isUnderWay { beginDrain() }
                reply(.done)
            }
        }
        reply(.done)
        switch action {
        case .begin: break
        case .settle:
            logger.notice("draining: a signal asks for the end")
            // Before that the registries do not know yet: beginDrain says that it is final.
            guard isDrainAnnounced else { break }
            state.board.report(.draining, for: .draining, prospect: .final)
            service?.end(within: options.drain.times.deadline)
        case .goOn: break
        case .stopAtOnce: stopAtOnce()
        }
    }

    private var isDrainAnnounced: Bool { operations.drainTimer != nil }

    private func beginDrain() {
        announceDraining()
        if operations.drain.isFinal { service?.end(within: options.drain.times.deadline) }
        // In a later tick: the reply comes when health says so, and before a step that could end its connection.
        operations.drainTimer = control.schedule(at: .now()) { [self] in lookForClients() }
    }

    /// Takes a drain back: each name has its own status again.
    func resume(_ reply: @escaping @Sendable (Reply) -> Void) {
        switch operations.drain.resumed() {
        case .refuse(let reason): reply(.refused(reason: reason))
        case .resume:
            operations.drainTimer.map { control.cancel($0) }
            operations.drainTimer = nil
            state.board.report(.healthy, for: .draining) { [logger] in logger.notice("resumed") }
            // It writes what the board says.
            companions.registrar?.resume()
            reply(.done)
        }
    }

    private func announceDraining() {
        let times = options.drain.times
        state.board.report(
            .draining, for: .draining, prospect: operations.drain.isFinal ? .final : nil)
        logger.notice(
            "draining",
            metadata: ["grace": "\(times.grace.goText)", "deadline": "\(times.deadline.goText)"])
    }

    /// Between two looks for clients that are still connected.
    private static var lookInterval: Duration { .milliseconds(50) }

    private func lookForClients() {
        let now = MonotonicTime.now()
        let isAlone = server?.counters.connections ?? 0 == 0 && sideServers.areAlone
        switch operations.drain.looked(isAlone: isAlone, at: now) {
        case .nothing: break
        case .stop(let deadline): stopServer(by: deadline + (.zero - timeToLeaveRegistries))
        case .wait(let end):
            operations.drainTimer = control.schedule(at: min(end, now + Self.lookInterval)) {
                [self] in lookForClients()
            }
        }
    }

    private func stopServer(by deadline: MonotonicTime) {
        state.board.report(.stopping, for: .draining, prospect: .final)
        service?.end(within: deadline.timeLeft)
        state.reporter.endWatches()
        guard let server else { return control.stop() }
        let bound = LoopBound(self, on: control)
        server.stop(within: deadline.timeLeft) { cutCalls in
            bound.loop.post {
                bound.value.sideServers.stop(by: deadline) {
                    bound.value.endPush(cutCalls, deadline)
                }
            }
        }
        operations.lastPush?.beginInTime(for: deadline)
    }

    private func endPush(_ cutCalls: Int, _ deadline: MonotonicTime) {
        guard let lastPush = operations.lastPush else { return finish(cutCalls) }
        lastPush.begin(by: deadline)
        lastPush.whenOver { [self] in finish(cutCalls) }
    }

    private func finish(_ cutCalls: Int) {
        state.board.report(.stopped, for: .draining)
        if cutCalls > 0 {
            operations.exitCode = 1
            logger.error(
                "stopped: requests were cut off",
                metadata: ["deadline": "\(options.drain.times.deadline.goText)"])
        } else {
            logger.notice("stopped")
        }
        checks?.stop()
        leaveRegistries { [control] in control.stop() }
    }

    /// Ends without waiting for anything.
    private func stopAtOnce() {
        state.board.report(.stopped, for: .draining)
        sideServers.removeSockets()
        logger.warning("stopped at once, on the second signal")
        checks?.stop()
        control.stop()
    }
}
