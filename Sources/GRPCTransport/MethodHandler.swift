// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import SystemIO

/// How a method is served. Handlers see message bytes; codecs belong to the service.
public enum MethodHandler {
    /// Answers at once, on the loop, from memory: no waiting, no locks. The bytes are valid during the call.
    case unary((UnsafeRawBufferPointer) throws(Status) -> EncodedMessage)
    /// Answers when it is done; runs as a task on the connection's loop, cancelled with the call.
    case asyncUnary(@Sendable ([UInt8], CallContext) async throws(Status) -> EncodedMessage)
    /// Answers with a source of messages, which is asked whenever the client can take more.
    case serverStreaming(
        (UnsafeRawBufferPointer, CallWaker) throws(Status) -> any MessageSource)
}

/// What an asynchronous handler knows of its call.
public struct CallContext: Sendable {
    /// When the client gives up, if it said so.
    public let deadline: MonotonicTime?
}

/// Messages of a server-streaming call, made when they are wanted: nothing queues up for a slow client.
public protocol MessageSource: AnyObject {
    /// The next message, asked for on the loop each time the client can take one.
    func next() -> NextMessage
    /// The call is over, from whichever side. Called once, on the loop; ``next()`` is not called any more.
    func callEnded()
}

/// What a source has to say.
public enum NextMessage {
    case message(EncodedMessage)
    /// Nothing now; ``CallWaker/wake()`` when there is.
    case later
    /// The stream ends.
    case end(Status)
}

/// Lets a source say that it has something. Belongs to the connection's loop.
public struct CallWaker {
    let call: ServerCall

    /// Has the source asked again, at the end of this turn of the loop at the latest.
    public func wake() { call.wake() }

    /// Has the source asked again for its last messages and its end. A client that does not take all of it now
    /// is cut off, so that an end never waits for a peer.
    public func wakeToEnd() { call.wakeToEnd() }
}
