// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCClient
public import GRPCWire
import HealthCalls
public import HealthProtocol

/// One Watch of a name, which ends when the server stops, or with ``cancel()``.
public final class HealthWatch {
    private let connection: ClientConnection
    private let call: ClientCall

    init(_ connection: ClientConnection, _ call: ClientCall) {
        self.connection = connection
        self.call = call
    }

    /// Waits for the next status; nil when the server has ended the Watch. Of several changes meanwhile it is the newest.
    /// Throws UNAVAILABLE when the connection is lost.
    ///
    /// With `limit` it waits no longer than that, so that a thread can look at something else, and leave with ``cancel()``: it throws
    /// DEADLINE_EXCEEDED, and the Watch goes on.
    public func next(within limit: Duration? = nil) throws(Status) -> ServingStatus? {
        guard let message = try connection.nextMessage(of: call, within: limit) else { return nil }
        return try ServingStatus(answer: message)
    }

    /// Ends the Watch.
    public func cancel() { connection.cancel(call) }
}
