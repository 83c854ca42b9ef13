// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Flags
import GRPCHealth
import GRPCTransport
import Logging
import SkillServices
import StatusBoard
import SystemIO

/// The end of the runtime, step by step:
///
///     announceDraining  every health name is NOT_SERVING
///     awaitClients      clients are served for the grace period, or until none is connected
///     stopServer        watches end, GOAWAY; the calls under way finish, or are cut off at the deadline
///     sideServers.stop  the same at the addresses beside the port
///     finish            exit code 1 when calls were cut off
extension Runtime {
    /// Begins the end.
    func drain() {
        let start = MonotonicTime.now()
        let times = options.drain.times
        announceDraining()
        logger.notice(
            "draining",
            metadata: ["grace": "\(times.grace.goText)", "deadline": "\(times.deadline.goText)"])
        awaitClients(until: start + times.grace, deadline: start + times.deadline)
    }

    private func announceDraining() { state.board.report(.draining, for: .draining) }

    /// Between checks whether a client is still connected.
    private static var clientCheckInterval: Duration { .milliseconds(50) }

    private func awaitClients(until end: MonotonicTime, deadline: MonotonicTime) {
        let now = MonotonicTime.now()
        let servers = [server].compactMap(\.self) + sideServers.servers.map(\.server)
        let isAlone = servers.allSatisfy { $0.counters.connections == 0 }
        if now >= end || isAlone { return stopServer(by: deadline) }
        _ = control.schedule(at: min(end, now + Self.clientCheckInterval)) { [self] in
            awaitClients(until: end, deadline: deadline)
        }
    }

    private func stopServer(by deadline: MonotonicTime) {
        reporter.endWatches()
        guard let server else { return control.stop() }
        let bound = LoopBound(self, on: control)
        server.stop(within: deadline.timeLeft) { cutCalls in
            bound.loop.post {
                bound.value.sideServers.stop(by: deadline) { bound.value.finish(cutCalls) }
            }
        }
    }

    private func finish(_ cutCalls: Int) {
        state.board.report(.stopped, for: .draining)
        if cutCalls > 0 {
            exitCode = 1
            logger.error(
                "stopped: requests were cut off",
                metadata: ["deadline": "\(options.drain.times.deadline.goText)"])
        } else {
            logger.notice("stopped")
        }
        control.stop()
    }

    /// Ends without waiting for anything.
    func stopAtOnce() {
        state.board.report(.stopped, for: .draining)
        sideServers.removeSockets()
        logger.warning("stopped at once, on the second signal")
        control.stop()
    }
}
