// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GRPCWire
package import HTTP2Wire

/// How a method is served. Handlers see message bytes; codecs belong to the service.
///
/// `unary`, `unaryWithTrailers` and `serverStreaming` are called on the loop and never wait. The others run as a task,
/// off the loop unless their method was added otherwise (``HandlerPlace``); the task is cancelled with the call.
package enum MethodHandler {
    /// Answers at once, on the loop, from memory: no waiting, no locks. The bytes are valid during the call.
    case unary((UnsafeRawBufferPointer) throws(Status) -> EncodedMessage)
    /// As `unary`, with trailers of its own for a call that went well; nil for the usual ones.
    case unaryWithTrailers(
        (UnsafeRawBufferPointer, CallOrigin) throws(Status) -> (EncodedMessage, FixedHeaderFields?))
    /// Answers when it is done.
    case asyncUnary(@Sendable ([UInt8], CallContext) async throws(Status) -> EncodedMessage)
    /// Answers when it has read as many messages as it wants.
    case clientStreaming(
        @Sendable (RequestMessages, CallContext) async throws(Status) -> EncodedMessage)
    /// Answers one message with several; the call ends when it returns.
    case asyncServerStreaming(
        @Sendable ([UInt8], ResponseWriter, CallContext) async throws(Status) -> Void)
    /// Reads and answers in any order; the call ends when it returns.
    case bidiStreaming(
        @Sendable (RequestMessages, ResponseWriter, CallContext) async throws(Status) -> Void)
    /// Answers with a source of messages, which is asked whenever the client can take more.
    case serverStreaming(
        (UnsafeRawBufferPointer, CallWaker) throws(Status) -> any MessageSource)
}

/// Which threads run an asynchronous handler.
package enum HandlerPlace: Sendable {
    /// Threads of the server that are not loops. A handler may compute for long; it delays other handlers only, once
    /// each thread has one. What it does when it is cancelled (`withTaskCancellationHandler`) runs on the loop, and has
    /// to be short.
    case pool
    /// The loop of its connection. Each step of the handler has to be short: all clients of the loop wait meanwhile.
    /// The handler may use what belongs to the loop.
    case loop
}

/// Where a call comes from. Valid during the call.
package struct CallOrigin {
    let connection: ServerConnection

    /// The client is on this machine: it came from a loopback address, or by a Unix socket. Behind a proxy on this
    /// machine every client is local.
    package var isLocal: Bool { connection.isPeerLocal }
}

/// How the messages of a method's answers are compressed.
package enum ResponseCompression: Sendable {
    /// As the client does: in gzip when its request was and it takes gzip, where that makes a message smaller.
    case asRequest
    /// By an asynchronous handler, message by message (``GRPCWire/EncodedMessage/gzipped``), when the client takes
    /// gzip (``CallContext/acceptsGzip``).
    case byHandler
}

/// Messages of a server-streaming call, made when the client can take them: nothing queues up for a slow client.
package protocol MessageSource: AnyObject {
    /// The next message, asked for on the loop each time the client can take one.
    func next() -> NextMessage
    /// Whether it has something new, which it has not been woken for: then it is woken now (``CallWaker/wakeConnection()``).
    func takeNews() -> Bool
    /// The call is over: the client or the server has ended it. Called once, on the loop; ``next()`` is not called
    /// after it.
    func callEnded()
}

/// What a source has next.
package enum NextMessage {
    case message(EncodedMessage)
    /// A message, and nothing after it now: the source calls ``CallWaker/wake()`` when it has more.
    case latest(EncodedMessage)
    /// Nothing now: the source calls ``CallWaker/wake()`` when it has something.
    case later
    /// The stream ends.
    case end(Status)
}

/// Lets a source say that it has something. Belongs to the connection's loop.
package struct CallWaker {
    private let link: CallLink?

    init(of stream: CallStream) { link = stream.makeLink() }

    /// A waker of no call, for tests of a source: it does nothing.
    package init() { link = nil }

    /// Has the source asked again, at the end of this tick of the loop at the latest.
    package func wake() { link?.stream?.wake() }

    /// The same for every source of the connection that has news: all that they say goes out together, in one send. How many
    /// those are.
    package func wakeConnection() -> Int { link?.stream?.wakeConnection() ?? 0 }

    /// Has the source asked again for its last messages and its end. A client that does not take all of it now
    /// is cut off, so that an end never waits for a peer.
    package func wakeToEnd() { link?.stream?.wakeToEnd() }
}

/// What a source knows its call by, which it may outlive. Not a weak reference: an object that has one keeps its counts in a table
/// apart. With the list of streams that was copied to wake them this was a third of what a change costs a crowd of watches.
final class CallLink {
    /// Nil when the call is over; at the latest when it is freed.
    fileprivate(set) unowned var stream: CallStream?

    init(_ stream: CallStream) { self.stream = stream }

    /// The call is over.
    func cut() { stream = nil }
}
