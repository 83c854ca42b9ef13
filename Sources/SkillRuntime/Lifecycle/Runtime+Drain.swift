// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Logging
import SystemIO

extension Runtime {
    /// NOT_SERVING first; requests are served for the grace period; then the server takes no more, and stops when
    /// those under way are finished, or cut off at the deadline.
    func drain() {
        state.update { $0.phase = .draining }
        logger.notice("draining", metadata: ["grace": "\(options.drainGrace)"])
        _ = control.schedule(at: .now() + options.drainGrace) { [self] in finish() }
    }

    private func finish() {
        reporter.endWatches()
        guard let server else { return control.stop() }
        let deadline = MonotonicTime.now() + options.drainDeadline
        let bound = LoopBound(self, on: control)
        server.stop(within: options.drainDeadline) {
            // Those that are left when the deadline comes are cut off by it.
            let isCutOff = MonotonicTime.now() >= deadline
            bound.loop.post {
                bound.value.stopAdmin {
                    bound.loop.post { bound.value.finished(isCutOff: isCutOff) }
                }
            }
        }
    }

    private func finished(isCutOff: Bool) {
        state.update { $0.phase = .stopped }
        if isCutOff {
            exitCode = 1
            logger.error(
                "stopped: requests were cut off",
                metadata: ["deadline": "\(options.drainDeadline)"])
        } else {
            logger.notice("stopped")
        }
        control.stop()
    }

    func stopAtOnce() {
        state.update { $0.phase = .stopped }
        removeAdminSocket()
        logger.warning("stopped at once, on the second signal")
        control.stop()
    }
}
