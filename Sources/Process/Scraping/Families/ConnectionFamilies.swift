// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import Exposition
package import GRPCTransport
import HTTP2Wire

/// The connections of servers, and what clients do with them.
package enum ConnectionFamilies {
    /// A server at one moment.
    package struct Reading: Sendable {
        /// What tells it from the others: `port`, `admin`.
        package let listener: String
        package let server: GRPCServer
        package let statistics: ServerStatistics

        /// What a server has counted.
        package init(_ listener: String, _ server: GRPCServer, _ statistics: ServerStatistics) {
            self.listener = listener
            self.server = server
            self.statistics = statistics
        }
    }

    static let accepted = MetricFamily(
        .counter, "vitals_connections_accepted", help: "Connections that were let in.")
    static let opened = MetricFamily(
        .counter, "vitals_connections", help: "Connections whose protocol became known.")
    static let open = MetricFamily(
        .gauge, "vitals_open_connections", help: "Connections that are open, by protocol.")
    static let received = MetricFamily(
        .counter, "vitals_received_bytes", unit: "bytes",
        help: "Bytes from clients, as they are on the wire.")
    static let sent = MetricFamily(
        .counter, "vitals_sent_bytes", unit: "bytes",
        help: "Bytes to clients, as they are on the wire.")
    static let held = MetricFamily(
        .gauge, "vitals_held_bytes", unit: "bytes",
        help: "Bytes of unfinished requests and unread answers that are held for clients.")
    static let streaming = MetricFamily(
        .gauge, "vitals_streaming_calls", help: "Calls that stream and are under way.")
    static let dropped = MetricFamily(
        .counter, "vitals_connections_dropped",
        help: "Connections that the server has ended, by reason.")
    static let reset = MetricFamily(
        .counter, "vitals_calls_reset",
        help: "Calls that the server has reset for what their clients sent, by reason.")
    static let leave = MetricFamily(
        .counter, "vitals_goaways",
        help: "Connections whose clients were asked to leave: idle or old ones, and all at the end."
    )
    static let handshakes = MetricFamily(
        .counter, "vitals_tls_handshakes", help: "TLS handshakes, by what became of them.")
    static let expiry = MetricFamily(
        .gauge, "vitals_tls_certificate_expiry_timestamp_seconds", unit: "seconds",
        help: "When the certificate that is shown to clients expires.")
    static let clients = MetricFamily(
        .counter, "vitals_client_connections",
        help: "Connections with a request, by the kind of client that its user agent tells.")
    static let clientRequests = MetricFamily(
        .counter, "vitals_client_requests",
        help: "Requests by the kind of client; of open connections about a second late.")
    static let responses = MetricFamily(
        .counter, "vitals_http_responses", help: "Answers in plain HTTP, by status.")
    static let requests = MetricFamily(
        .counter, "service_requests", help: "Requests of all kinds: calls of gRPC and plain HTTP.")

    /// Every family, without values.
    package static let all = [
        requests, responses, accepted, opened, open, received, sent, held, streaming, dropped,
        reset, leave, handshakes, expiry, clients, clientRequests,
    ]

    /// The values of these servers.
    package static func read(_ readings: [Reading]) -> [MetricFamily] {
        var (accepted, opened, open) = (accepted, opened, open)
        var (received, sent, held) = (received, sent, held)
        var (streaming, expiry) = (streaming, expiry)
        for reading in readings {
            let label = MetricLabel("listener", reading.listener)
            let (traffic, counters) = (reading.statistics.traffic, reading.server.counters)
            accepted.add(.integer(traffic.accepted), label)
            for (name, connections) in [("http2", traffic.http2), ("http1", traffic.http1)] {
                opened.add(.integer(connections.opened), label, MetricLabel("protocol", name))
                open.add(.integer(connections.open), label, MetricLabel("protocol", name))
            }
            received.add(.integer(traffic.bytesReceived), label)
            sent.add(.integer(traffic.bytesSent), label)
            held.add(.integer(counters.heldBytes), label)
            streaming.add(.integer(counters.streamingCalls), label)
            if let seconds = reading.statistics.certificateExpiry {
                expiry.add(.integer(seconds), label)
            }
        }
        return requestFamilies(readings) + [
            accepted, opened, open, received, sent, held, streaming,
        ]
            + ends(readings) + [expiry] + callers(readings)
    }

    private static func requestFamilies(_ readings: [Reading]) -> [MetricFamily] {
        var (requests, responses) = (requests, responses)
        var counts: [Int: Int] = [:]
        for reading in readings {
            for (status, count) in reading.statistics.traffic.httpAnswers {
                counts[status, default: 0] += count
            }
        }
        for (status, count) in counts.sorted(by: { $0.key < $1.key }) {
            responses.add(.integer(count), MetricLabel("code", "\(status)"))
        }
        let calls = CallFamilies.startedCount(readings.map(\.statistics))
        requests.add(.integer(calls + counts.values.reduce(0, +)))
        return [requests, responses]
    }

    /// Why connections and calls end.
    private static func ends(_ readings: [Reading]) -> [MetricFamily] {
        var (dropped, reset, leave) = (dropped, reset, leave)
        var handshakes = handshakes
        func sum(_ count: (Reading) -> Int) -> MetricValue {
            .integer(readings.reduce(0) { $0 + count($1) })
        }
        for reason in DropReason.allCases {
            dropped.add(
                sum { $0.server.drops.count(of: reason) }, MetricLabel("reason", reason.label))
        }
        for rule in BrokenRule.allCases {
            reset.add(sum { $0.server.resets.count(of: rule) }, MetricLabel("reason", rule.label))
        }
        leave.add(sum(\.statistics.traffic.leaveNotices))
        handshakes.add(sum(\.statistics.traffic.handshakes), MetricLabel("result", "ok"))
        handshakes.add(
            sum(\.statistics.traffic.resumedHandshakes), MetricLabel("result", "resumed"))
        handshakes.add(
            sum(\.statistics.traffic.failedHandshakes), MetricLabel("result", "failed"))
        return [dropped, reset, leave, handshakes]
    }

    private static func callers(_ readings: [Reading]) -> [MetricFamily] {
        var (clients, requests) = (clients, clientRequests)
        for kind in ClientKind.allCases {
            let all = readings.map { $0.statistics.traffic[kind] }
            let label = MetricLabel("client", kind.name)
            clients.add(.integer(all.reduce(0) { $0 + $1.connections }), label)
            requests.add(.integer(all.reduce(0) { $0 + $1.requests }), label)
        }
        return [clients, requests]
    }
}
