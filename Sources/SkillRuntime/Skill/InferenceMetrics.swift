// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import SystemIO

/// Counts and latencies of Infer. From any thread; its size is fixed, however many requests come.
final class InferenceMetrics: Sendable {
    /// What GetMetrics says.
    struct Summary: Equatable, Sendable {
        var requests: Int64 = 0
        var failures: Int64 = 0
        var tokens: Int64 = 0
        var averageMilliseconds: Float = 0
        var p99Milliseconds: Float = 0
    }

    private struct State {
        var summary = Summary()
        var totalNanoseconds: Double = 0
        var latencies = LatencyHistogram()

        mutating func record(_ latency: Duration) {
            summary.requests += 1
            totalNanoseconds += Double(latency.wholeNanoseconds)
            latencies.record(latency)
        }
    }

    private let state = Mutex(State())

    func succeeded(after latency: Duration, tokens: Int32) {
        state.withLock { state in
            state.record(latency)
            state.summary.tokens += Int64(tokens)
        }
    }

    func failed(after latency: Duration) {
        state.withLock { state in
            state.record(latency)
            state.summary.failures += 1
        }
    }

    var summary: Summary {
        state.withLock { state in
            var summary = state.summary
            guard summary.requests > 0 else { return summary }
            summary.averageMilliseconds =
                Float(state.totalNanoseconds / Double(summary.requests) / 1e6)
            summary.p99Milliseconds =
                Float(Double(state.latencies.percentile(0.99).wholeNanoseconds) / 1e6)
            return summary
        }
    }
}
