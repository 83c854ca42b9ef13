// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import HTTP2Wire
import SystemIO

/// What a client may have a call hold, and for how long.
extension ServerCall {
    /// Ends the call when the connection holds too much, for whichever of its calls. False when it does.
    @discardableResult
    func checkHeldBytes(on connection: ServerConnection) -> Bool {
        let worker = connection.worker
        do throws(Status) {
            if connection.heldRequestBytes > worker.configuration.maxRequestBytesPerConnection {
                throw Status(
                    .resourceExhausted, "too many request bytes are waiting on this connection")
            }
            if connection.heldRequestBytes > 0 { try worker.checkHeldBytes() }
            return true
        } catch {
            dropRequest(on: connection)
            finish(error, on: connection)
            return false
        }
    }

    /// Counts a call that may last; throws when there are as many as there may be.
    func admitStreaming(on connection: ServerConnection) throws(Status) {
        let worker = connection.worker
        let limits = worker.configuration
        guard connection.streamingCalls < limits.maxStreamingCallsPerConnection else {
            throw Status(
                .resourceExhausted,
                "this connection has \(limits.maxStreamingCallsPerConnection) streaming calls, its limit"
            )
        }
        switch worker.counters.addStreamingCall(of: try connection.requireAdmission(), limits) {
        case .admitted: break
        case .peerHasShare:
            throw Status(
                .resourceExhausted,
                "this address has its share of the server's streaming calls; retry later")
        case .full:
            throw Status(
                .resourceExhausted,
                "the server has \(limits.maxStreamingCalls) streaming calls, its limit")
        }
        connection.streamingCalls += 1
        worker.sweeper.streamingCallAdded()
        isCountedAsStreaming = true
        self.connection = connection
    }

    func leaveStreaming() {
        isCountedAsStreaming = false
        guard let connection else { return }
        connection.streamingCalls -= 1
        connection.worker.sweeper.streamingCallRemoved()
        guard let peer = connection.socket.peerUsage else { return }
        connection.worker.counters.removeStreamingCall(of: peer)
    }

    /// Ends a call whose client neither finishes its request nor takes its answer; called about once a second.
    /// False when it had to.
    func enforceTimeouts(at now: MonotonicTime, on connection: ServerConnection) -> Bool {
        if isClosed { return true }
        let limits = connection.worker.configuration
        let observation = CallTimeouts.Observation(
            // Requests of several messages may take their time: their handlers decide.
            isRequestDue: !isRequestComplete && state != .answering && state != .over,
            isAnswerDue: message != nil || plainBody != nil || isWoken || finalStatus != nil)
        switch timeouts.evaluate(observation, limits, at: now) {
        case .fine: return true
        case .slowRequest where state == .request:
            dropRequest(on: connection)
            finish(
                Status(
                    .deadlineExceeded,
                    "the request was not complete within \(limits.requestTimeout)"),
                on: connection)
        case .slowRequest where state == .rejecting:
            reject(on: connection)
            connection.resetAfterOutput(self, .noError)
        case .slowRequest, .stalled:
            connection.session.reset(self, .cancel)
        }
        return false
    }
}
