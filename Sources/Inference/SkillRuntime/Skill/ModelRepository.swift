// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import Models
import Synchronization

/// The models as an operator changes them: one order at a time, each with what came of it. From any thread.
final class ModelRepository: Sendable {
    /// What can be done to a model.
    enum Order: Sendable {
        case load, unload
    }

    private let state: RuntimeState
    private let library: LoopBound<ModelLibrary>
    private let isBusy = Atomic(false)

    init(state: RuntimeState, library: LoopBound<ModelLibrary>) {
        self.state = state
        self.library = library
    }

    /// The models, and what became of their reloads.
    var snapshot: RuntimeState.Snapshot { state.current }

    /// Does to a model what is ordered; returns when it is done, also when the caller's task is cancelled meanwhile.
    /// A load that hangs, on a disk that does not answer, has the next order refused and not wait behind it.
    func perform(_ order: Order, on index: Int) async throws(Status) {
        guard !isBusy.exchange(true, ordering: .acquiring) else {
            throw Status(.aborted, "another load or unload is under way: try again when it is done")
        }
        let failure = await withCheckedContinuation { continuation in
            library.loop.post { [self] in
                let failure = carryOut(order, on: index)
                isBusy.store(false, ordering: .releasing)
                continuation.resume(returning: failure)
            }
        }
        if let failure { throw failure }
    }

    /// On the library's loop.
    private func carryOut(_ order: Order, on index: Int) -> Status? {
        // Asked here: it may have waited for another load.
        if state.current.isDraining { return Status(.unavailable, "the server is draining") }
        guard case .load = order else {
            library.value.unload(index)
            return nil
        }
        do throws(ModelError) {
            try library.value.reload(index)
            return nil
        } catch {
            let isServing = state.current.conditions.models[index].state == .loaded
            return Status(
                .failedPrecondition,
                "\(error.text); "
                    + (isServing
                        ? "the model that was loaded before goes on serving" : "no model is loaded")
            )
        }
    }
}
