// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
public import GRPCWire
import SystemIO

/// The call that a handler answers: what the client said beside its messages, and what to say beside the answer.
///
/// When the client gives up, or its deadline passes, the handler's task is cancelled.
public struct Call: Sendable {
    let context: CallContext

    /// The custom metadata of the request.
    public var metadata: Metadata { context.metadata }

    /// The time until the client gives up; nil when it did not say.
    public var timeLeft: Duration? {
        context.deadline.map { max(.zero, $0 - .now()) }
    }

    /// Sends the metadata that the answer begins with. Throws when the answer has begun, or the call is over.
    public func sendInitialMetadata(_ metadata: Metadata) async throws(Status) {
        try await context.sendInitialMetadata(metadata)
    }

    /// Sets the metadata that is sent with the status.
    public func setTrailingMetadata(_ metadata: Metadata) async {
        await context.setTrailingMetadata(metadata)
    }
}
