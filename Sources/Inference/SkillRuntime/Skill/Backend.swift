// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire

/// What runs a model, in tasks that run on no event loop.
protocol Backend: Sendable {
    /// Answers `request` with `model`. Throws the status that the client gets.
    ///
    /// Ends soon when its task is cancelled, which happens at the deadline and when the client goes away: nobody
    /// wants its answer then, but its worker is not free before it returns.
    func infer(_ request: InferRequest, model: ServedModel) async throws(Status) -> Inference

    /// It gives signs of progress by ``Progress/current`` while it works. One that does not may be silent for as
    /// long as a request may take.
    var reportsProgress: Bool { get }
}

/// The model that a request is answered with.
struct ServedModel: Sendable {
    /// As `--model` names it, or else the skill's: the same name everywhere.
    let name: String
    let file: ModelFile
    /// The one for requests that name none.
    let isDefault: Bool
}

extension Backend {
    var reportsProgress: Bool { false }
}

/// Makes the backend of one loop, for the tasks of that loop.
typealias BackendFactory = @Sendable (EventLoop) -> any Backend

extension Progress {
    /// The piece of work that the present task does.
    @TaskLocal static var current: Token?
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
