// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import GRPCWire
package import Models
package import StatusBoard
import Synchronization

/// Loads and unloads models for an operator, one at a time. From any thread.
package final class ModelRepository: Sendable {
    /// What can be done to a model.
    package enum Action: Sendable {
        case load, unload
    }

    private let state: RuntimeState
    private let library: LoopBound<ModelLibrary>
    private let isBusy = Atomic(false)

    package init(state: RuntimeState, library: LoopBound<ModelLibrary>) {
        self.state = state
        self.library = library
    }

    /// The models now.
    package var models: ModelList { state.models }

    /// Each model, its own outcome, and whether it can serve, at one moment.
    package var statuses: [(model: ModelList.Model, outcome: Outcome?, verdict: Verdict)] {
        let snapshot = state.board.snapshot
        return state.models.models.map { model in
            (model, snapshot.outcome(of: model.outcome), state.verdict(of: model, in: snapshot))
        }
    }

    /// Performs an action; returns when it is done, also when the caller's task was cancelled meanwhile. While a load hangs,
    /// further requests are rejected, not queued.
    func perform(_ action: Action, on index: Int) async throws(Status) {
        guard !isBusy.exchange(true, ordering: .acquiring) else {
            throw Status(.aborted, "another load or unload is under way: try again when it is done")
        }
        let failure = await withCheckedContinuation { continuation in
            library.loop.post { [self] in
                let failure = carryOut(action, on: index)
                isBusy.store(false, ordering: .releasing)
                continuation.resume(returning: failure)
            }
        }
        if let failure { throw failure }
    }

    /// On the library's loop.
    private func carryOut(_ action: Action, on index: Int) -> Status? {
        // Not earlier: it may have waited for another load.
        if state.board.snapshot.isDraining { return Status(.unavailable, "the server is draining") }
        guard case .load = action else {
            library.value.unload(index)
            return nil
        }
        do throws(ModelError) {
            try library.value.reload(index)
            return nil
        } catch {
            let isServing = state.models[index].file != nil
            return Status(
                .failedPrecondition,
                "\(error.text); "
                    + (isServing
                        ? "the model that was loaded before goes on serving" : "no model is loaded")
            )
        }
    }
}
