// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
package import GRPCWire
package import SystemIO

/// What an asynchronous handler knows of its call, and says beside its messages.
package struct CallContext: Sendable {
    /// When the client gives up, if it said so.
    package let deadline: MonotonicTime?
    /// The request's custom metadata; empty unless the method was added with `readsMetadata`.
    package let metadata: Metadata
    /// The client takes messages in gzip; known only for methods whose answers are compressed by their handler.
    package let acceptsGzip: Bool
    /// The message of a request that has one came compressed.
    package let requestWasCompressed: Bool
    /// The client's network, by which shares are counted.
    package let network: PeerAddress.Network
    /// Runs the handler; for tasks that the handler starts itself.
    package let executor: any TaskExecutor
    let task: LoopBound<HandlerTask>

    /// Sends the header fields that begin the answer, with this metadata. Throws when the answer has begun, or
    /// the call is over.
    package func sendInitialMetadata(_ metadata: Metadata) async throws(Status) {
        try await task.perform { $0.sendInitialMetadata(metadata) }.get()
    }

    /// Sets the metadata that goes with the status.
    package func setTrailingMetadata(_ metadata: Metadata) async {
        await task.perform { $0.trailing = metadata }
    }
}

/// The messages of a streaming request, for one reader.
///
/// The client may send about as many bytes ahead as its stream's window has; the window opens as messages are
/// taken.
package struct RequestMessages: Sendable {
    let task: LoopBound<HandlerTask>

    /// Waits for the next message; nil when the client has sent its last. Throws when the call is over, or the
    /// request is broken.
    package func next() async throws(Status) -> [UInt8]? { try await nextMessage()?.bytes }

    /// ``next()``, with how the message came.
    package func nextMessage() async throws(Status) -> RequestMessage? {
        try await task.wait { task, continuation in task.read(continuation) }.get()
    }
}

/// Takes the messages of an answer.
package struct ResponseWriter: Sendable {
    let task: LoopBound<HandlerTask>

    /// Sends a message after those before it; waits while the client takes nothing and some are waiting already.
    /// Throws when the call is over.
    package func write(_ message: EncodedMessage) async throws(Status) {
        try await task.wait { task, continuation in task.write(message, continuation) }.get()
    }
}

extension LoopBound {
    /// Has `body` done on the loop: at once when this is the loop.
    func perform<Result: Sendable>(
        _ body: @escaping @Sendable (Value) -> Result
    ) async -> Result {
        if loop.isCurrent { return body(value) }
        return await withCheckedContinuation { continuation in
            loop.post { continuation.resume(returning: body(value)) }
        }
    }

    /// Gives `body` to the loop, with what it has to resume.
    func wait<Result: Sendable>(
        _ body: @escaping @Sendable (Value, CheckedContinuation<Result, Never>) -> Void
    ) async -> Result {
        await withCheckedContinuation { continuation in
            if loop.isCurrent {
                body(value, continuation)
            } else {
                loop.post { body(value, continuation) }
            }
        }
    }
}
