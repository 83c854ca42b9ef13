// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Settings

extension RuntimeOptions {
    /// How inferences are run, and how many wait.
    static var inferSettings: [Setting<RuntimeOptions>] {
        [
            .value("workers", \.workers, .integer(in: 1...1024), "inferences at once"),
            .value(
                "queue-depth", \.queueDepth, .integer(in: 0...1_000_000),
                "requests that may wait for a worker; more are refused"),
            .value(
                "max-queue-depth", \.maxQueueDepth, .integer(in: 0...1_000_000),
                "waiting requests at which the runtime is not ready; 0 for no such condition"),
            .value(
                "max-queue-share", \.maxQueueShare, .integer(in: 1...100),
                "per cent of --max-queue-depth that one address (a /64 of IPv6) may have waiting; more "
                    + "are refused; 100 for no such limit"),
            .value(
                "infer-timeout", \.inferTimeout, .positiveDuration,
                "time in which an inference must be done, its wait for a worker included"),
            .value(
                "stub-token-delay", \.stubTokenDelay, .duration,
                "time that the stub takes for each token, for load tests"),
        ]
    }
}
