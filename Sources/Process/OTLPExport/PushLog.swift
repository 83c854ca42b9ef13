// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Logging

/// What the log is told of pushes: the first failure of each cause, and that it is over. A collector that is away for a day
/// is two lines.
struct PushLog {
    private let logger: Logger
    private let endpoint: String
    /// Causes told since pushes last worked.
    private var told: [String] = []
    private var failures = 0
    private var toldAnswer = PushAnswer()

    /// Different causes in a row that are told; more are a cause that changes its text.
    private static let maxTold = 8

    init(_ logger: Logger, endpoint: String) {
        self.logger = logger
        self.endpoint = endpoint
    }

    mutating func failed(_ failure: PushFailure) {
        failures += 1
        guard told.count < Self.maxTold, !told.contains(failure.cause) else { return }
        told.append(failure.cause)
        var metadata: Logger.Metadata = [
            "endpoint": "\(endpoint)", "reason": "\(failure.text)",
            "next": failure.result == .failedForGood ? "at the next interval" : "a retry",
        ]
        if let hint = failure.hint { metadata["hint"] = "\(hint)" }
        logger.warning("metrics were not pushed", metadata: metadata)
    }

    mutating func delivered(_ answer: PushAnswer) {
        if failures > 0 {
            logger.notice(
                "metrics are pushed again",
                metadata: ["endpoint": "\(endpoint)", "failures": .stringConvertible(failures)])
        }
        told = []
        failures = 0
        // A collector that rejects something rejects it each time.
        guard
            answer.text != toldAnswer.text
                || (answer.rejectedPoints > 0) != (toldAnswer.rejectedPoints > 0)
        else { return }
        toldAnswer = answer
        if answer == PushAnswer() { return }
        logger.warning(
            "the collector did not take all metrics",
            metadata: [
                "endpoint": "\(endpoint)", "reason": "\(answer.text)",
                "rejected points": .stringConvertible(answer.rejectedPoints),
            ])
    }
}
