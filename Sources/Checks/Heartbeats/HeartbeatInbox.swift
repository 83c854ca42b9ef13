// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Synchronization

/// Brings the reports of one heartbeat to the loop of its check: the newest one, however many come. From any thread.
final class HeartbeatInbox: Sendable {
    struct Reader { weak var runner: HeartbeatRunner? }

    private struct State {
        /// The newest report that has not arrived.
        var report: HeartbeatReport?
        /// Nil before the check was added.
        var reader: LoopBound<Reader>?
    }

    private let state = Mutex(State())

    /// Takes a report.
    func put(_ report: HeartbeatReport) {
        let reader = state.withLock { state in
            defer { state.report = report }
            // Otherwise one is on its way, or there is nowhere to go yet.
            return state.report == nil ? state.reader : nil
        }
        if let reader { post(to: reader) }
    }

    /// Brings reports to `runner` from now on, and the one that waits.
    func connect(_ runner: HeartbeatRunner, on loop: EventLoop) {
        let reader = LoopBound(Reader(runner: runner), on: loop)
        let isWaiting = state.withLock { state in
            state.reader = reader
            return state.report != nil
        }
        if isWaiting { post(to: reader) }
    }

    private func post(to reader: LoopBound<Reader>) {
        reader.loop.post { [self] in
            let report = state.withLock { state in
                defer { state.report = nil }
                return state.report
            }
            if let report { reader.value.runner?.received(report) }
        }
    }
}
