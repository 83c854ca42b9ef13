// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

public import GRPCWire
import HTTP2Wire
package import SystemIO

/// One request of a unary or a server-streaming call, or the first one of a call that goes on.
public struct ClientRequest: Sendable {
    /// The path of the method: `/package.Service/Method`.
    public var path: String
    /// The request message.
    public var message: EncodedMessage
    /// How long the call may take; nil for any time. The server is told (`grpc-timeout`).
    public var timeout: Duration?
    /// When the call ends at the latest, however long ``timeout`` is.
    package var deadline = MonotonicTime.distantFuture
    /// Compresses the request, and takes compressed answers.
    public var usesGzip = false
    /// Bytes that one message of the answer may have; a longer one ends the call.
    public var maxMessageSize = 4 << 20
    /// Keeps only the newest message that was not taken: for a stream of states, such as Watch.
    public var keepsOnlyNewest = false
    /// More messages follow (``ClientExchange/send(_:on:)``): the client's side stays open until the call ends.
    package var isStreaming = false
    /// Custom header fields, as they are sent.
    package var fields: [(name: String, value: String)] = []

    /// A request with the custom header fields of `metadata`.
    public init(_ path: String, _ message: EncodedMessage = .empty, metadata: Metadata = Metadata())
    {
        self.path = path
        self.message = message
        fields = metadata.fields
    }

    /// When a call that is sent at `now` ends at the latest.
    func deadline(from now: MonotonicTime) -> MonotonicTime {
        min(timeout.map { now + $0 } ?? .distantFuture, deadline)
    }

    /// The header fields of a call that is sent at `now`.
    func headers(
        _ configuration: ClientConfiguration, at now: MonotonicTime
    ) -> HeaderFields {
        var headers: [(name: String, value: String)] = [
            (":method", "POST"), (":scheme", configuration.tls == nil ? "http" : "https"),
            (":path", path), (":authority", configuration.authority), ("te", "trailers"),
            ("content-type", "application/grpc"), ("user-agent", configuration.userAgent),
        ]
        if timeout != nil || deadline != .distantFuture {
            let left = min(timeout ?? .nanoseconds(Int64.max), deadline - now)
            headers.append(
                ("grpc-timeout", GRPCTimeout.format(nanoseconds: left.wholeNanoseconds)))
        }
        if usesGzip {
            headers.append(("grpc-encoding", "gzip"))
            headers.append(("grpc-accept-encoding", "\(MessageEncoding.accepted)"))
        }
        return .custom(headers + fields)
    }
}
