// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP2Wire
import Logging
import SystemIO

/// How a connection ends.
extension ServerConnection {
    /// First step of a graceful end: asks the client to open no more streams. The second step follows its answer, or a
    /// short wait.
    func startShutdown() {
        if worker.isStopping { session.forEachStream { CallStream.of($0).stopPlain() } }
        guard isOpen, !shutdown.isStarted else { return }
        shutdown.isStarted = true
        worker.traffic.leaveNotices += 1
        clock.leaving(at: worker.loop.now)
        if session.openStreamCount == 0, socket.undelivered == 0 {
            shutdown.latestCall = session.latestRemoteStreamID
        }
        session.submitShutdownNotice()
        // Sent before the PING, which nghttp2 would put first: its answer must mean that the client has the GOAWAY.
        flush()
        guard isOpen else { return }
        session.forEachStream { CallStream.of($0).serverIsEnding() }
        session.submitPing(GracefulShutdown.ping)
        let deadline = worker.loop.now + worker.configuration.timeouts.goAwayGrace
        shutdown.timer = worker.loop.schedule(at: deadline) { [weak self] in
            self?.finishShutdown()
        }
        scheduleFlush()
    }

    /// The client has answered the PING of the first step.
    func shutdownAnswered() {
        guard let timer = shutdown.timer else { return }
        worker.loop.cancel(timer)
        finishShutdown()
    }

    private func finishShutdown() {
        shutdown.timer = nil
        session.submitGoAway(.noError, debugText: "the server is shutting down")
        scheduleFlush()
    }

    /// The session is over, and its GOAWAY is sent.
    func finish() {
        guard let violation = session.violation else {
            // Without a later call, only our GOAWAY can be undelivered.
            let hasAnswers =
                shutdown.latestCall == session.latestRemoteStreamID || socket.undelivered == 0
            return hasAnswers ? close() : linger(untilDelivered: true)
        }
        record(.violation, detail: violation.text)
        linger()
    }

    /// Tells the client why, and closes.
    func drop(_ reason: DropReason, detail: String? = nil) {
        guard isOpen else { return }
        record(reason, detail: detail)
        if sendGoAway(reason) { linger() } else { close() }
    }

    /// False when the client's kernel does not take it now.
    private func sendGoAway(_ reason: DropReason) -> Bool {
        session.terminate(reason.code, reason.text)
        return (try? socket.flush()) == true && (try? produceAndSend()) == true
    }

    func linger(untilDelivered: Bool = false) {
        guard isOpen else { return }
        hasEnded = true
        release()
        LingeringConnection.take(over: self, socket, worker, untilDelivered: untilDelivered)
    }

    /// The socket has failed.
    func fail(_ failure: SocketFailure) {
        if let reason = failure.reason {
            record(reason, detail: failure.text)
        } else {
            worker.logger.debug("connection lost", metadata: ["error": "\(failure.text)"])
        }
        // A reset must not overtake the alert that says why.
        if case .tls = failure { linger() } else { close() }
    }

    var unfinishedCalls: Int { max(session.openStreamCount, socket.hasUnsent ? 1 : 0) }

    func close() {
        guard isOpen else { return }
        socket.close()
        release()
        worker.remove(self)
    }

    /// Ends every call.
    private func release() {
        worker.traffic.http2.closed += 1
        countRequests()
        if let timer = shutdown.timer { worker.loop.cancel(timer) }
        shutdown.timer = nil
        handleClosedStreams()
        session.closeStreams { CallStream.of($0).closed() }
        deferred = DeferredEnds()
    }

    private func record(_ reason: DropReason, detail: String? = nil) {
        worker.drops.record(reason, peer: socket.peer, detail: detail, at: worker.loop.now)
    }

    /// Without lingering, since its place is needed now: an idle client has sent nothing that was not read.
    func evict(_ reason: DropReason) {
        guard isOpen else { return }
        record(reason)
        _ = sendGoAway(reason)
        close()
    }
}
