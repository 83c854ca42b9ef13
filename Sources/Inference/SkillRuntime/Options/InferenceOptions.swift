// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Settings

/// How inferences run, and how many wait.
package struct InferenceOptions: Sendable {
    /// Inferences at once.
    package var workers = 4
    /// Requests that may wait for a worker.
    package var queueDepth = 2000
    /// Waiting requests at which the runtime is not ready; 0 for no such condition.
    package var maxQueueDepth = 1000
    /// Per cent of them that one client's address may have.
    package var maxQueueShare = 50
    /// How long an inference may take, the wait for a worker included.
    package var timeout = Duration.seconds(30)
    /// How long a request may go without progress; zero for no limit.
    package var stallAfter = Duration.seconds(30)
    /// How long the stub takes for each token.
    package var stubTokenDelay = Duration.zero
}

extension RuntimeOptions {
    static var inferenceSettings: [Setting<RuntimeOptions>] {
        [
            .value("workers", \.inference.workers, .integer(in: 1...1024), "inferences at once"),
            .value(
                "queue-depth", \.inference.queueDepth, .integer(in: 0...1_000_000),
                "requests that may wait for a worker; more are refused"),
            .value(
                "infer-timeout", \.inference.timeout, .positiveDuration,
                "time in which an inference must be done, its wait for a worker included"),
        ]
    }

    /// What readiness follows from.
    static var loadSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "max-queue-depth", \.inference.maxQueueDepth, .integer(in: 0...1_000_000),
                "waiting requests at which the runtime is not ready; 0 for no such condition"),
            .value(
                "stall-after", \.inference.stallAfter, .duration,
                "time without progress after which a request is stuck; 0 for no such condition"),
        ]
    }

    /// What few need.
    static var rareInferenceSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "max-queue-share", \.inference.maxQueueShare, .integer(in: 1...100),
                "per cent of --max-queue-depth that one address (a /64 of IPv6) may have waiting; more "
                    + "are refused; 100 for no such limit"),
            .value(
                "stub-token-delay", \.inference.stubTokenDelay, .duration,
                "time that the stub takes for each token, for load tests"),
        ]
    }
}
