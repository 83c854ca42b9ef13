// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GRPCWire
import Synchronization

/// Counts and latencies of Infer on all loops. From any thread; its size does not grow with the requests.
package final class InferenceMetrics: Sendable {
    /// The counts at one moment.
    package struct Counts: Sendable {
        /// Requests that have ended, successful or not.
        package var requests: Int64 = 0
        /// Requests that failed, by the code that the client got.
        package var failures: [StatusCode: Int64] = [:]
        /// Generated tokens.
        package var tokens: Int64 = 0
        /// From the arrival to the end of each request that had a worker. A rejection takes no time, and would make the others
        /// look faster.
        package var latencies = LatencyHistogram()
        /// From the arrival of each request until it had a worker.
        package var waits = LatencyHistogram()

        /// Requests that failed.
        package var failureCount: Int64 { failures.values.reduce(0, +) }

        fileprivate mutating func add(_ other: Counts) {
            requests += other.requests
            failures.merge(other.failures, uniquingKeysWith: +)
            tokens += other.tokens
            latencies.add(other.latencies)
            waits.add(other.waits)
        }
    }

    /// The counts of one loop's calls; a lock for each is rarely contended.
    package final class Shard: Sendable {
        private let counts = Mutex(Counts())

        fileprivate init() {}

        /// A request has a worker.
        package func started(after wait: Duration) { counts.withLock { $0.waits.record(wait) } }

        /// A request has ended, with so many tokens or with a failure.
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

    /// Adds the counts of one more loop.
    package func addShard() -> Shard {
        let shard = Shard()
        shards.withLock { $0.append(shard) }
        return shard
    }

    /// The sum of all loops.
    package var total: Counts {
        var total = Counts()
        for shard in shards.withLock({ $0 }) { total.add(shard.current) }
        return total
    }
}
