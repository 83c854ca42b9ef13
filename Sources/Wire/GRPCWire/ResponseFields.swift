// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import HTTP2Wire

/// The header fields of a server's answers.
package enum ResponseFields {
    /// Begins an answer that has messages.
    package static let initial = FixedHeaderFields([
        (":status", "200"), ("content-type", "application/grpc"),
    ])

    /// Begins an answer whose messages may be in gzip.
    package static let initialGzip = FixedHeaderFields([
        (":status", "200"), ("content-type", "application/grpc"), ("grpc-encoding", "gzip"),
        ("grpc-accept-encoding", MessageEncoding.accepted),
    ])

    /// Ends an answer that went well.
    package static let okTrailers = FixedHeaderFields([("grpc-status", "0")])

    /// Begins an answer that has messages, with metadata of its handler.
    package static func initial(_ metadata: Metadata, inGzip: Bool) -> HeaderFields {
        if metadata.isEmpty { return .fixed(inGzip ? initialGzip : initial) }
        var fields = start
        if inGzip {
            fields.append((name: "grpc-encoding", value: "gzip"))
            fields.append((name: "grpc-accept-encoding", value: "\(MessageEncoding.accepted)"))
        }
        return .custom(fields + metadata.fields)
    }

    /// Ends an answer after its messages.
    package static func trailers(
        _ status: Status, _ metadata: Metadata = Metadata()
    ) -> HeaderFields {
        status.code == .ok && metadata.isEmpty
            ? .fixed(okTrailers) : .custom(statusFields(status) + metadata.fields)
    }

    /// The whole answer of a call that has no messages: headers and trailers in one block ("Trailers-Only").
    package static func trailersOnly(
        _ status: Status, _ metadata: Metadata = Metadata()
    ) -> HeaderFields {
        .custom(start + statusFields(status) + metadata.fields)
    }

    private static let start = [
        (name: ":status", value: "200"), (name: "content-type", value: "application/grpc"),
    ]

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
