// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire

/// The header fields of a server's answers.
public enum ResponseFields {
    /// Begins an answer that has messages.
    public static let initial = FixedHeaderFields([
        (":status", "200"), ("content-type", "application/grpc"),
    ])

    /// Begins an answer whose messages may be in gzip.
    public static let initialGzip = FixedHeaderFields([
        (":status", "200"), ("content-type", "application/grpc"), ("grpc-encoding", "gzip"),
        ("grpc-accept-encoding", MessageEncoding.accepted),
    ])

    /// Ends an answer that went well.
    public static let okTrailers = FixedHeaderFields([("grpc-status", "0")])

    /// Ends an answer after its messages.
    public static func trailers(_ status: Status) -> HeaderFields {
        status.code == .ok ? .fixed(okTrailers) : .custom(statusFields(status))
    }

    /// The whole answer of a call that has no messages: headers and trailers in one block ("Trailers-Only").
    public static func trailersOnly(_ status: Status) -> HeaderFields {
        let start = [
            (name: ":status", value: "200"), (name: "content-type", value: "application/grpc"),
        ]
        return .custom(start + statusFields(status))
    }

    private static func statusFields(_ status: Status) -> [(name: String, value: String)] {
        var fields = [(name: "grpc-status", value: "\(status.code.rawValue)")]
        if !status.message.isEmpty {
            fields.append((name: "grpc-message", value: PercentEncoding.encode(status.message)))
        }
        if status.code == .unimplemented {
            // Tells a client that compressed its request what would have been understood.
            fields.append((name: "grpc-accept-encoding", value: "\(MessageEncoding.accepted)"))
        }
        return fields
    }
}
