// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import GRPCWire
import Inference
import SkillServices
import SystemIO

/// `Infer`, and the queue before its workers.
enum InferenceFamilies {
    static let requests = MetricFamily(
        .counter, "vitals_inference_requests",
        help: "Requests of Infer that have ended, by what became of them.")
    static let tokens = MetricFamily(
        .counter, "vitals_inference_tokens", help: "Tokens that were generated.")
    static let duration = MetricFamily(
        .histogram, "vitals_inference_duration_seconds", unit: "seconds",
        help: "From the arrival of a request that had a worker to its end.")
    static let wait = MetricFamily(
        .histogram, "vitals_inference_wait_seconds", unit: "seconds",
        help: "From the arrival of a request until it had a worker.")
    static let depth = MetricFamily(
        .gauge, "vitals_inference_queue_depth", help: "Requests that wait for a worker.")
    static let limit = MetricFamily(
        .gauge, "vitals_inference_queue_limit", help: "Requests that may wait for a worker.")
    static let ready = MetricFamily(
        .gauge, "vitals_inference_queue_ready_limit",
        help: "Requests that wait when the server becomes not ready; 0 for never.")
    static let workers = MetricFamily(
        .gauge, "vitals_inference_workers", help: "Requests that may be worked at at once.")
    static let busy = MetricFamily(
        .gauge, "vitals_inference_workers_busy", help: "Requests that are worked at.")

    static let all = [requests, tokens, duration, wait, depth, limit, ready, workers, busy]

    private static let bounds: [Double] = [
        0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 25, 30, 60,
    ]

    static func read(_ skill: SkillService) -> [MetricFamily] {
        let (counts, load) = (skill.metrics.total, skill.queue.load)
        var (requests, tokens) = (requests, tokens)
        var (duration, wait) = (duration, wait)
        requests.add(
            .integer(Int(clamping: counts.requests - counts.failureCount)),
            MetricLabel("result", "ok"))
        for (code, count) in counts.failures.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            requests.add(.integer(Int(clamping: count)), MetricLabel("result", result(code)))
        }
        tokens.add(.integer(Int(clamping: counts.tokens)))
        duration.add(.histogram(histogram(counts.latencies)))
        wait.add(.histogram(histogram(counts.waits)))
        return [requests, tokens, duration, wait]
            + [
                (depth, load.depth), (limit, load.limit), (ready, load.longAt),
                (workers, load.workers), (busy, load.busyWorkers),
            ].map { family, value in
                var family = family
                family.add(.integer(value))
                return family
            }
    }

    private static func result(_ code: StatusCode) -> String {
        switch code {
        case .cancelled: "cancelled"
        case .deadlineExceeded: "deadline_exceeded"
        case .resourceExhausted: "rejected"
        case .unavailable: "unavailable"
        case .invalidArgument, .notFound: "invalid"
        default: "error"
        }
    }

    private static func histogram(_ latencies: LatencyHistogram) -> HistogramValue {
        HistogramValue(
            bounds: bounds, counts: latencies.counts(upTo: bounds),
            sum: latencies.sum.seconds)
    }
}
