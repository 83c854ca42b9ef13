// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP2Wire

/// Output: every frame that can be sent now, in one send.
extension ServerConnection {
    /// Sends this connection's frames at the end of the tick; for what happens outside its own events.
    func scheduleFlush() {
        if isFlushScheduled { return }
        isFlushScheduled = true
        worker.loop.atEndOfTick { [self] in
            isFlushScheduled = false
            flush()
        }
    }

    /// Ends the answer of a call after all output that can be sent now. With a closed window nghttp2 does not ask for the
    /// body that would end it, and trailers need no window.
    func endAfterOutput(_ call: CallStream) { deferred.ends.append(call) }

    /// Resets a call, unless it is closed by then, after all output that can be sent now: nghttp2 sends nothing more on
    /// a stream that is about to be reset.
    func resetAfterOutput(_ call: CallStream, _ code: HTTP2ErrorCode) {
        deferred.resets.append((call, code))
    }

    /// Sends all output that can be sent now, and closes when nothing is left to do.
    func flush() {
        guard isOpen else { return }
        do throws(SocketFailure) {
            guard try socket.flush() else { return }
            clock.sent()
            if try produceAndSend(), !deferred.isEmpty { try sendDeferred() }
        } catch {
            return fail(error)
        }
        handleClosedStreams()
        if !session.brokenRules.isEmpty { logBrokenRules() }
        guard !socket.hasUnsent else { return }
        if isPeerDone {
            close()
        } else if !session.wantsRead && !session.wantsWrite {
            finish()
        }
    }

    /// Tells the calls whose streams closed while output was produced.
    func handleClosedStreams() {
        while let event = session.takeClosedStream() { handle(event) }
    }

    /// Gathers every frame that can be sent now, and sends them in as few calls as possible. False when the kernel takes
    /// no more now, and frames may still be waiting.
    func produceAndSend() throws(SocketFailure) -> Bool {
        let output = worker.scratch.output
        defer { output.removeAll() }
        while let bytes = nextOutput() {
            if output.append(bytes) { continue }
            let isTaken = try socket.send(output.bytes)
            output.removeAll()
            if !isTaken {
                // The session does not have it any more: it is sent first next time.
                try socket.hold(bytes)
                return false
            }
            _ = output.append(bytes)
        }
        return try socket.send(output.bytes)
    }

    /// Nil, too, when the session is out of memory: then the connection is closed.
    @inline(__always)
    private func nextOutput() -> UnsafeRawBufferPointer? {
        do throws(HTTP2Error) {
            return try session.nextOutput()
        } catch {
            isPeerDone = true
            return nil
        }
    }

    private func sendDeferred() throws(SocketFailure) {
        if !deferred.ends.isEmpty {
            for call in deferred.ends { session.endBody(call) }
            deferred.ends.removeAll()
            if try !produceAndSend() { return }
        }
        for (call, code) in deferred.resets { session.reset(call, code) }
        deferred.resets.removeAll()
        _ = try produceAndSend()
    }

    private func logBrokenRules() {
        for rule in session.takeBrokenRules() {
            worker.resets.record(rule, peer: socket.peer, at: worker.loop.now)
        }
    }
}
