// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import SystemIO

/// What a worker knows of each of its connections.
protocol Connection: EventHandler {
    var socket: ConnectionSocket { get }
    /// Applies the time limits; called about once a second.
    func sweep(at now: MonotonicTime)
    /// Asks the client to leave, lets calls under way finish, then closes.
    func startShutdown()
    /// Closes the socket now and ends every call.
    func close()
    /// Since when it is idle, so that it could be closed without harm; nil when it is not.
    var idleStart: MonotonicTime? { get }
    /// Closes for this reason, to make room.
    func evict(_ reason: DropReason)
    /// A TLS handshake has begun, and is not over.
    var isShakingHands: Bool { get }
    /// Calls that would be cut off if it were closed now.
    var unfinishedCalls: Int { get }
    /// Says what was counted of it.
    func describe(in statistics: inout SocketStatistics)
}

extension Connection {
    var isShakingHands: Bool { false }
    var unfinishedCalls: Int { 0 }
    func describe(in statistics: inout SocketStatistics) {}
}

/// A connection whose protocol is known.
protocol SpokenConnection: Connection {
    /// Takes bytes of the client, and answers.
    func process(_ bytes: UnsafeRawBufferPointer)
    /// The client sends no more.
    func clientEnded()
}
