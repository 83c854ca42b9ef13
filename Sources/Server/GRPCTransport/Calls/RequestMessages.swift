// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire

/// The messages of a streaming request, for one reader.
///
/// The client may send about as many bytes ahead as its stream's window has; the window opens as messages are
/// taken.
public struct RequestMessages: Sendable {
    let work: LoopBound<CallTask>

    /// Waits for the next message; nil when the client has sent its last. Throws when the call is over, or the
    /// request is broken.
    public func next() async throws(Status) -> [UInt8]? { try await nextMessage()?.bytes }

    /// ``next()``, with how the message came.
    public func nextMessage() async throws(Status) -> RequestMessage? {
        try await work.wait { work, continuation in work.read(continuation) }.get()
    }
}
