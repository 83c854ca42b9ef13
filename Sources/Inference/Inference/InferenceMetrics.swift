// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import Synchronization

/// Counts and latencies of Infer, of all loops. From any thread; its size is fixed, however many requests come.
package final class InferenceMetrics: Sendable {
    /// What was counted.
    package struct Counts: Sendable {
        /// Requests that are over, well or badly.
        package var requests: Int64 = 0
        /// Those that ended badly, by the code that the client was told.
        package var failures: [StatusCode: Int64] = [:]
        /// Tokens of the answers.
        package var tokens: Int64 = 0
        /// From the arrival to the end, of each request that had a worker: what is refused at the door is over in
        /// no time and would hide what the others take.
        package var latencies = LatencyHistogram()
        /// From the arrival to a worker, of each request that got one.
        package var waits = LatencyHistogram()

        /// All requests that ended badly.
        package var failureCount: Int64 { failures.values.reduce(0, +) }

        fileprivate mutating func add(_ other: Counts) {
            requests += other.requests
            failures.merge(other.failures, uniquingKeysWith: +)
            tokens += other.tokens
            latencies.add(other.latencies)
            waits.add(other.waits)
        }
    }

    /// The counts of one loop's calls: so that its lock is seldom contended.
    package final class Shard: Sendable {
        private let counts = Mutex(Counts())

        fileprivate init() {}

        /// A request has got a worker.
        package func started(after wait: Duration) { counts.withLock { $0.waits.record(wait) } }

        /// A request is over: with so many tokens, or with the code of a failure.
        ///
        /// - Parameter latency: Nil for a request that never had a worker.
        package func ended(_ outcome: Result<Int32, Status>, after latency: Duration?) {
            counts.withLock { counts in
                counts.requests += 1
                if let latency { counts.latencies.record(latency) }
                switch outcome {
                case .success(let tokens): counts.tokens += Int64(tokens)
                case .failure(let status): counts.failures[status.code, default: 0] += 1
                }
            }
        }

        fileprivate var current: Counts { counts.withLock { $0 } }
    }

    /// Metrics without a loop yet.
    package init() {}

    private let shards = Mutex<[Shard]>([])

    /// Counts of one more loop.
    package func addShard() -> Shard {
        let shard = Shard()
        shards.withLock { $0.append(shard) }
        return shard
    }

    /// What all loops have counted so far.
    package var total: Counts {
        var total = Counts()
        for shard in shards.withLock({ $0 }) { total.add(shard.current) }
        return total
    }
}
