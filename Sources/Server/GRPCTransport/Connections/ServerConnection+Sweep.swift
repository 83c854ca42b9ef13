// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire
import SystemIO

/// Time limits.
extension ServerConnection {
    private static let keepalivePing: UInt64 = 0x616c_6976_653f_0000

    var idleStart: MonotonicTime? { session.openStreamCount == 0 ? clock.idleSince : nil }

    func sweep(at now: MonotonicTime) {
        countRequests()
        let observation = ConnectionClock.Observation(
            openStreams: session.openStreamCount,
            latestStream: session.latestRemoteStreamID.rawValue,
            isMidHeaderBlock: session.isMidHeaderBlock, isSendBlocked: socket.hasUnsent)
        switch clock.evaluate(observation, at: now) {
        case .nothing: break
        case .ping:
            traffic.keepalives += 1
            session.submitPing(Self.keepalivePing)
            flush()
        case .leave: startShutdown()
        case .drop(let reason): return drop(reason)
        }
        guard clock.beginCallSweep(at: now, pause: worker.sweeper.callPause) else { return }
        // A burst of calls leaves a hundred of them to a client that is here for long.
        session.dropSpareStreams()
        if session.openStreamCount > 0 { enforceCallTimeouts(at: now) }
    }

    private func enforceCallTimeouts(at now: MonotonicTime) {
        var ended = 0
        session.forEachStream { if CallStream.of($0).enforceTimeouts(at: now) { ended += 1 } }
        if ended == 0 { return }
        // A proxy may have some slow clients; when all of its clients are slow, it is dropped.
        if !abuse.charge(slowCalls: ended, at: now) { drop(.stalled) }
        flush()
    }
}
