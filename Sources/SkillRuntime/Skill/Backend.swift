// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire

/// What runs a model.
protocol Backend: Sendable {
    /// Answers `request` with `model`. Throws the status that the client gets.
    func infer(_ request: InferRequest, model: ModelFile) async throws(Status) -> Inference
}

/// What a backend came to.
struct Inference: Equatable, Sendable {
    /// Why the text ends where it ends; the protocol's words.
    enum FinishReason: String, Sendable { case stop, length, error }

    var text: String
    /// From 0 to 1.
    var confidence: Float
    var tokenCount: Int32
    var finishReason: FinishReason
}
