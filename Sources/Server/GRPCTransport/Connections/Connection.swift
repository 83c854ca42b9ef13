// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import SystemIO

/// What a loop knows of each of its connections, whatever is spoken on it.
protocol Connection: EventHandler {
    var socket: ConnectionSocket { get }
    /// Looks at the clock; called about once a second.
    func look(at now: MonotonicTime)
    /// Asks the client to leave, lets calls under way finish, then closes.
    func startShutdown()
    /// Closes the socket now and ends every call.
    func close()
    /// Since when the client could be sent away without harm; nil when it could not.
    var idleStart: MonotonicTime? { get }
    /// Closes for this reason, to make room.
    func evict(_ reason: DropReason)
    /// A TLS handshake has begun, and is not over.
    var isShakingHands: Bool { get }
}

extension Connection {
    var isShakingHands: Bool { false }
}

/// A connection on which it is known what is spoken.
protocol SpokenConnection: Connection {
    /// Takes bytes of the client, and answers.
    func process(_ bytes: UnsafeRawBufferPointer)
    /// The client sends no more.
    func clientEnded()
}
