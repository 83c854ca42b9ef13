// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import HTTP2Wire
import HTTPRouting
import SystemIO

/// What a client may have a call hold, and for how long.
extension CallStream {
    /// Ends the call when its connection holds too much, however many calls share it. False when it does.
    @discardableResult
    func checkHeldBytes() -> Bool {
        updateHeldBytes()
        let worker = connection.worker
        do throws(Status) {
            if connection.heldRequestBytes
                > worker.configuration.capacity.maxRequestBytesPerConnection
            {
                throw Status(
                    .resourceExhausted, "too many request bytes are waiting on this connection")
            }
            if connection.heldRequestBytes > 0 { try worker.checkHeldBytes() }
            return true
        } catch {
            if case .plain(let call) = responder {
                call.refuse(.noPlace(error))
            } else {
                fail(error)
            }
            return false
        }
    }

    /// Takes a place for a call that may last; throws when there is none.
    func admitStreaming() throws(Status) {
        let worker = connection.worker
        let limits = worker.configuration.capacity
        guard connection.streamingCalls < limits.maxStreamingCallsPerConnection else {
            throw Status(
                .resourceExhausted,
                "this connection has \(limits.maxStreamingCallsPerConnection) streaming calls, its limit"
            )
        }
        try worker.takeStreamingPlace(for: connection.socket)
        connection.streamingCalls += 1
        hasStreamingPlace = true
    }

    /// Gives that place back.
    func leaveStreaming() {
        hasStreamingPlace = false
        connection.streamingCalls -= 1
        connection.worker.giveStreamingPlaceBack(of: connection.socket)
    }

    /// Ends a call whose client neither completes its request nor takes its answer in time; called about once a
    /// second. True when it had to.
    func enforceTimeouts(at now: MonotonicTime) -> Bool {
        if isClosed { return false }
        let limits = connection.worker.configuration.timeouts
        if case .plain(let call) = responder { return call.enforceTimeouts(limits, at: now) }
        let wait = state.wait(isRequestComplete: isPeerDone)
        guard timeouts.hasExpired(wait, limits, at: now) else { return false }
        switch state.timedOut() {
        case .fail:
            fail(
                Status(
                    .deadlineExceeded,
                    "the request was not complete within \(limits.request)"))
        case .reject:
            reject()
            refuseRest()
        case .reset: connection.session.reset(self, .cancel)
        }
        return true
    }

    /// Has the connection count what is held of the request now.
    func updateHeldBytes() {
        var held = state.heldBytes
        switch responder {
        case .none, .source: break
        case .task(let task): held += task.heldBytes
        case .plain(let call): held += call.heldBytes
        }
        if held == countedBytes { return }
        connection.heldRequestBytes += held - countedBytes
        countedBytes = held
    }
}
