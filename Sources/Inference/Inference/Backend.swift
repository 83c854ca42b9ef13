// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import Models
import Models

/// What runs a model, in tasks that run on no event loop.
package protocol Backend: Sendable {
    /// Answers `request` with `model`. Throws the status that the client gets.
    ///
    /// Ends soon when its task is cancelled, which happens at the deadline and when the client goes away: nobody
    /// wants its answer then, but its worker is not free before it returns.
    func infer(_ request: InferRequest, model: ServedModel) async throws(Status) -> Completion

    /// It gives signs of progress by ``Progress/current`` while it works. One that does not may be silent for as
    /// long as a request may take.
    var reportsProgress: Bool { get }
}

/// The model that a request is answered with.
package struct ServedModel: Sendable {
    /// As `--model` names it, or else the skill's: the same name everywhere.
    package let name: String
    package let file: ModelFile
    /// The one for requests that name none.
    package let isDefault: Bool

    /// A model that is loaded.
    package init(name: String, file: ModelFile, isDefault: Bool) {
        self.name = name
        self.file = file
        self.isDefault = isDefault
    }
}

extension Backend {
    package var reportsProgress: Bool { false }
}

/// Makes the backend of one loop, for the tasks of that loop.
package typealias BackendFactory = @Sendable (EventLoop) -> any Backend

/// The text that a backend generated.
package struct Completion: Equatable, Sendable {
    /// Why the text ends where it ends; the protocol's words.
    package enum FinishReason: String, Sendable { case stop, length, error }

    package var text: String
    /// From 0 to 1.
    package var confidence: Float
    package var tokenCount: Int32
    package var finishReason: FinishReason

    /// A text, and how it came to its end.
    package init(
        text: String, confidence: Float, tokenCount: Int32, finishReason: FinishReason
    ) {
        self.text = text
        self.confidence = confidence
        self.tokenCount = tokenCount
        self.finishReason = finishReason
    }
}
