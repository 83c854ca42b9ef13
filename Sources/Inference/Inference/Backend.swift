// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import GRPCWire
package import Models

/// What runs a model, in tasks off the event loops.
package protocol Backend: Sendable {
    /// Completes the text of `request` with `model`. Throws the status that the client gets.
    ///
    /// Should return soon when its task is cancelled, which happens at the deadline and when the client goes away: its worker
    /// is not free before.
    func infer(_ request: InferRequest, model: ServedModel) async throws(Status) -> Completion

    /// Whether it reports progress by ``Progress/current`` while it works. A backend that does not may take the whole time of
    /// a request without being stalled.
    var reportsProgress: Bool { get }
}

/// The model that completes a request.
package struct ServedModel: Sendable {
    /// As `--model` names it, otherwise the name of the skill.
    package let name: String
    package let file: ModelFile
    /// Whether it completes the requests that name no model.
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

/// Makes the backend for the calls of one loop.
package typealias BackendFactory = @Sendable (EventLoop) -> any Backend

/// The text that a backend generated.
package struct Completion: Equatable, Sendable {
    /// Why the text ends where it does, in the words of the protocol.
    package enum FinishReason: String, Sendable { case stop, length, error }

    package var text: String
    /// From 0 to 1.
    package var confidence: Float
    package var tokenCount: Int32
    package var finishReason: FinishReason

    /// A text, and why it ends there.
    package init(
        text: String, confidence: Float, tokenCount: Int32, finishReason: FinishReason
    ) {
        self.text = text
        self.confidence = confidence
        self.tokenCount = tokenCount
        self.finishReason = finishReason
    }
}
