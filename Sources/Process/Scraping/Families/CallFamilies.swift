// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import Exposition
package import GRPCTransport
import GRPCWire
import SystemIO

/// The calls of gRPC, by the names that its interceptors for Prometheus use in Go, Java and Python.
package enum CallFamilies {
    static let started = MetricFamily(
        .counter, "grpc_server_started", help: "Calls that have begun.")
    static let handled = MetricFamily(
        .counter, "grpc_server_handled",
        help: "Calls that have ended, by the code that the client got.")
    static let received = MetricFamily(
        .counter, "grpc_server_msg_received", help: "Messages of requests.")
    static let sent = MetricFamily(
        .counter, "grpc_server_msg_sent", help: "Messages of answers.")
    static let latency = MetricFamily(
        .histogram, "grpc_server_handling_seconds", unit: "seconds",
        help: "How long the server took for calls; docs/metrics.md says from when to when.")
    static let open = MetricFamily(
        .gauge, "vitals_grpc_open_calls", help: "Calls that are under way.")
    static let watches = MetricFamily(
        .gauge, "vitals_health_watches", help: "Calls of Watch that are under way.")

    /// Every family, without values.
    package static let all = [started, handled, received, sent, latency, open, watches]

    private static let watchPath = "/grpc.health.v1.Health/Watch"

    /// The values of these methods; those of several servers with the same path are added up.
    package static func read(_ statistics: [ServerStatistics]) -> [MetricFamily] {
        var (started, handled, received, sent) = (started, handled, received, sent)
        var (latency, open, watches) = (latency, open, watches)
        var watching = 0
        for methods in merged(statistics) {
            let labels = labels(methods[0])
            func sum(_ count: (ServerStatistics.Method) -> Int) -> Int {
                methods.reduce(0) { $0 + count($1) }
            }
            func add(_ count: Int, to family: inout MetricFamily) {
                family.points.append(MetricPoint(.integer(count), labels))
            }
            add(sum(\.started), to: &started)
            add(sum(\.messagesReceived), to: &received)
            add(sum(\.messagesSent), to: &sent)
            add(sum(\.open), to: &open)
            for (code, name) in codes.enumerated() {
                let count = sum { $0.ended(with: StatusCode(rawValue: UInt32(code))) }
                // OK from the start: a rate needs a first value.
                if count == 0, code != 0 { continue }
                let all = labels + [MetricLabel("grpc_code", name)]
                handled.points.append(MetricPoint(.integer(count), all))
            }
            if methods[0].path.description == watchPath { watching += sum(\.open) }
            var times = DurationHistogram()
            for method in methods { times.add(method.times) }
            if times.count > 0 {
                latency.points.append(MetricPoint(.histogram(HistogramValue(times)), labels))
            }
        }
        watches.add(.integer(watching))
        return [started, handled, received, sent, latency, open, watches]
    }

    /// Calls that have begun on these servers.
    static func startedCount(_ statistics: [ServerStatistics]) -> Int {
        statistics.reduce(0) { $1.methods.reduce($0) { $0 + $1.started } }
    }

    /// The methods in their order, with those of the same path together.
    private static func merged(_ statistics: [ServerStatistics]) -> [[ServerStatistics.Method]] {
        var places: [String: Int] = [:]
        var merged: [[ServerStatistics.Method]] = []
        for method in statistics.flatMap(\.methods) {
            let path = method.path.description
            if let place = places[path] {
                merged[place].append(method)
            } else {
                places[path] = merged.count
                merged.append([method])
            }
        }
        return merged
    }

    private static func labels(_ method: ServerStatistics.Method) -> [MetricLabel] {
        let parts = method.path.description.split(separator: "/")
        let isKnown = parts.count == 2
        let type =
            switch method.shape {
            case .unary: "unary"
            case .clientStreaming: "client_stream"
            case .serverStreaming: "server_stream"
            case .bidiStreaming: "bidi_stream"
            }
        return [
            MetricLabel("grpc_type", isKnown ? type : "unknown"),
            MetricLabel("grpc_service", isKnown ? String(parts[0]) : "unknown"),
            MetricLabel("grpc_method", isKnown ? String(parts[1]) : "unknown"),
        ]
    }

    /// As grpc-go names them, by number; the last is for every number that is no code.
    private static let codes = [
        "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound",
        "AlreadyExists", "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted",
        "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated",
        "Other",
    ]
}

extension HistogramValue {
    /// The same as a value of a series.
    package init(_ times: DurationHistogram) {
        self.init(
            bounds: DurationHistogram.bounds, counts: times.counts,
            sum: times.sum.seconds)
    }
}
