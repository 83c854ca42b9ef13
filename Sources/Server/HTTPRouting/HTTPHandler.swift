// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How the requests of one path are answered. Handlers are called on the connection's loop and never wait.
package enum HTTPHandler {
    /// Answers at once, from memory.
    case immediate((HTTPRequest) -> HTTPResponse)
    /// Answers when it can, by the responder that it is given; nil from the handler, or what to call when the client
    /// leaves before that.
    case deferred((HTTPRequest, HTTPResponder) -> (() -> Void)?)
    /// Answers with a body that has no end of its own, in parts: for an event stream. A handler that refuses answers at once.
    case streaming((HTTPRequest, HTTPBodyWaker) -> HTTPStream)
    /// Another handler, by the request: one path can answer most requests at once, and let some wait.
    indirect case choosing((HTTPRequest) -> HTTPHandler)
}

/// Takes the answer of a deferred handler. From any thread; the first answer counts.
package struct HTTPResponder: Sendable {
    private let send: @Sendable (HTTPResponse) -> Void

    /// A responder that gives the answer to `send`.
    package init(_ send: @escaping @Sendable (HTTPResponse) -> Void) { self.send = send }

    /// Answers the request.
    package func respond(_ response: HTTPResponse) { send(response) }
}

/// What a streaming handler answers.
package enum HTTPStream {
    /// No stream: this response.
    case refused(HTTPResponse)
    /// This head, then what the source has. The head has no length and no body.
    case open(HTTPResponse, any HTTPBodySource)
}

/// Parts of a body, made when the client can take them: nothing queues up for a slow client.
package protocol HTTPBodySource: AnyObject {
    /// The next part, asked for on the loop each time the client can take one.
    func next() -> HTTPBodyPart
    /// The client or the server has ended the stream. Called once, on the loop; ``next()`` is not called after it.
    func ended()
    /// Bytes that are ready and that the client could not take yet; the waker is called when they change.
    var heldBytes: Int { get }
}

extension HTTPBodySource {
    /// Most make each part when it is asked for.
    package var heldBytes: Int { 0 }
}

/// What a source has next.
package enum HTTPBodyPart {
    case bytes([UInt8])
    /// Nothing now: the source calls ``HTTPBodyWaker/wake()`` when it has something.
    case later
    /// The body ends.
    case end
}

/// Lets a source say that it has something. From any thread.
package struct HTTPBodyWaker: Sendable {
    private let signal: @Sendable () -> Void

    /// A waker that calls `signal`.
    package init(_ signal: @escaping @Sendable () -> Void) { self.signal = signal }

    /// Asks the source again.
    package func wake() { signal() }
}
