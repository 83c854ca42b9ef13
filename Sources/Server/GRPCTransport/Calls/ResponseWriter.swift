// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire

/// Takes the messages of an answer.
public struct ResponseWriter: Sendable {
    let work: LoopBound<CallTask>

    /// Sends a message after those before it; waits while the client takes nothing and some are waiting already.
    /// Throws when the call is over.
    public func write(_ message: EncodedMessage) async throws(Status) {
        try await work.wait { work, continuation in work.write(message, continuation) }.get()
    }
}
