// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire
package import SystemIO
package import TLSWire

/// What is known of one connection at a moment.
package struct SocketStatistics: Sendable {
    /// Our address; nil when the kernel does not say.
    package internal(set) var local: SocketAddress?
    /// The client's address; nil when the kernel does not say.
    package internal(set) var remote: SocketAddress?
    /// Nil in plaintext, and before the handshake is over.
    package internal(set) var security: TLSSecurity?
    /// What was counted of its calls; nil for HTTP/1.x, and before the protocol is known.
    package internal(set) var calls: Calls?

    /// What was counted of the calls of a connection of HTTP/2. A moment is nil when there was none.
    package struct Calls: Sendable {
        /// Streams that the client has opened.
        package let streamsStarted: Int
        /// Those of them that are open.
        package let streamsOpen: Int
        /// Those that closed before we had ended them.
        package let streamsFailed: Int
        package let messagesReceived: Int
        package let messagesSent: Int
        /// PINGs that asked whether the client is still there.
        package let keepalivesSent: Int
        package let latestStream: MonotonicTime?
        package let latestReceived: MonotonicTime?
        package let latestSent: MonotonicTime?
        /// Bytes of bodies that the client lets us send now, on all streams together.
        package let sendWindow: Int
        /// Bytes of bodies that the client may send now, on all streams together.
        package let receiveWindow: Int

        /// Streams that we have ended.
        package var streamsSucceeded: Int { max(0, streamsStarted - streamsOpen - streamsFailed) }
    }
}

extension ServerConnection {
    func describe(in statistics: inout SocketStatistics) {
        func moment(_ time: MonotonicTime) -> MonotonicTime? {
            time == MonotonicTime(nanoseconds: .min) ? nil : time
        }
        statistics.calls = SocketStatistics.Calls(
            // A client's streams have odd numbers.
            streamsStarted: (Int(session.latestRemoteStreamID.rawValue) + 1) / 2,
            streamsOpen: session.openStreamCount, streamsFailed: session.failedStreams,
            messagesReceived: traffic.messagesReceived, messagesSent: traffic.messagesSent,
            keepalivesSent: traffic.keepalives, latestStream: moment(traffic.latestCall),
            latestReceived: moment(traffic.latestReceived),
            latestSent: moment(traffic.latestSent), sendWindow: session.sendWindow,
            receiveWindow: session.receiveWindow)
    }
}
