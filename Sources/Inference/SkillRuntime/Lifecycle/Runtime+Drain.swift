// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Flags
import Logging
import SystemIO

extension Runtime {
    /// NOT_SERVING first; clients are served for the grace period, or until none is connected; then the server takes
    /// no more, and stops when the requests under way are finished, or cut off at the deadline.
    func drain() {
        let start = MonotonicTime.now()
        let times = options.drainTimes
        state.update { $0.phase = .draining }
        logger.notice(
            "draining",
            metadata: ["grace": "\(times.grace.goText)", "deadline": "\(times.deadline.goText)"])
        awaitClients(until: start + times.grace, deadline: start + times.deadline)
    }

    /// Between looks whether a client is still connected.
    private static var clientLookInterval: Duration { .milliseconds(50) }

    private func awaitClients(until end: MonotonicTime, deadline: MonotonicTime) {
        let now = MonotonicTime.now()
        let servers = [server].compactMap(\.self) + sideServers.map(\.server)
        let isAlone = servers.allSatisfy { $0.counters.connections == 0 }
        if now >= end || isAlone { return finish(by: deadline) }
        _ = control.schedule(at: min(end, now + Self.clientLookInterval)) { [self] in
            awaitClients(until: end, deadline: deadline)
        }
    }

    private func finish(by deadline: MonotonicTime) {
        reporter.endWatches()
        guard let server else { return control.stop() }
        let bound = LoopBound(self, on: control)
        server.stop(within: timeLeft(until: deadline)) { cutCalls in
            bound.loop.post {
                bound.value.stopSideServers(by: deadline) {
                    bound.value.finished(isCutOff: cutCalls > 0)
                }
            }
        }
    }

    /// Never negative.
    func timeLeft(until deadline: MonotonicTime) -> Duration {
        max(.zero, deadline - .now())
    }

    private func finished(isCutOff: Bool) {
        state.update { $0.phase = .stopped }
        if isCutOff {
            exitCode = 1
            logger.error(
                "stopped: requests were cut off",
                metadata: ["deadline": "\(options.drainTimes.deadline.goText)"])
        } else {
            logger.notice("stopped")
        }
        control.stop()
    }

    func stopAtOnce() {
        state.update { $0.phase = .stopped }
        removeSockets()
        logger.warning("stopped at once, on the second signal")
        control.stop()
    }
}
