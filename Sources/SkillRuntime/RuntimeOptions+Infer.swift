// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags

extension RuntimeOptions {
    /// How inferences are run, and how many wait.
    static var inferFlags: [Flag<RuntimeOptions>] {
        let defaults = RuntimeOptions()
        return [
            .integer(
                "workers", default: defaults.workers, in: 1...1024, "inferences at once"
            ) { $0.workers = $1 },
            .integer(
                "queue-depth", default: defaults.queueDepth, in: 0...1_000_000,
                "requests that may wait for a worker; more are refused"
            ) { $0.queueDepth = $1 },
            .integer(
                "max-queue-depth", default: defaults.maxQueueDepth, in: 0...1_000_000,
                "waiting requests at which the runtime is not ready; 0 for no such condition"
            ) { $0.maxQueueDepth = $1 },
            .duration(
                "infer-timeout", default: defaults.inferTimeout,
                "time in which an inference must be done, its wait for a worker included"
            ) { $0.inferTimeout = $1 },
            .duration(
                "stub-token-delay", default: defaults.stubTokenDelay,
                "time that the stub takes for each token, for load tests"
            ) { $0.stubTokenDelay = $1 },
        ]
    }

    /// What is wrong with these flags.
    var inferProblem: String? {
        if inferTimeout <= .zero { return "--infer-timeout must be more than 0" }
        if stubTokenDelay < .zero { return "--stub-token-delay must not be negative" }
        return nil
    }
}
