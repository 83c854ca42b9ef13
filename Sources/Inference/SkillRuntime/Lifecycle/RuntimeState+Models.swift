// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HostMemory
import Logging
import Models
import SystemIO

extension RuntimeState {
    /// What the library of the models needs: events that come together are seen together.
    var modelDelegate: ModelLibrary.Delegate {
        ModelLibrary.Delegate(
            isStopping: { [self] in current.isDraining },
            handle: { [self] events in
                update { snapshot in
                    for event in events { snapshot.take(event) }
                }
            },
            releaseMemory: {
                FreeMemory.release()
                ProcessMemory.unmapProgram()
            })
    }
}

extension RuntimeState.Snapshot {
    fileprivate mutating func take(_ event: ModelEvent) {
        switch event {
        case .loading(let index): drop(index, .loading)
        case .loaded(let index, let model):
            use(model, at: index)
            tell(.info, "model loaded", model.description)
        case .loadFailed(let index, let error):
            drop(index, .failed(reason: error.reason))
            tell(.error, "model not loaded", ["reason": "\(error.text)"])
        case .reloaded(let index, let model):
            use(model, at: index)
            reloaded(index, failure: nil)
            tell(.notice, "model reloaded", model.description)
        case .reloadFailed(let index, let error, let old):
            if old == nil { drop(index, .failed(reason: error.reason)) }
            reloaded(index, failure: error.reason)
            tell(
                .error, "reload failed",
                ["reason": "\(error.text)", "serving": "\(old?.path ?? "none")"])
        case .unloaded(let index):
            drop(index, .unloaded)
            tell(.notice, "model unloaded", ["name": "\(conditions.models[index].name)"])
        case .lost(let index, let error):
            drop(index, .failed(reason: error.reason))
            tell(.error, "model lost", ["reason": "\(error.text)"])
        case .firstLoadEnded: phase = max(phase, .running)
        case .complete: conditions.hasStarted = true
        }
    }
}

extension ModelFile {
    /// For the log.
    fileprivate var description: Logger.Metadata {
        [
            "path": "\(path)", "name": "\(name ?? "")", "architecture": "\(architecture ?? "")",
            "tensors": .stringConvertible(tensorCount), "bytes": .stringConvertible(fileSize),
        ]
    }
}
