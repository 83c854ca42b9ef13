// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HostMemory
import Logging
package import Models
import StatusBoard
import SystemIO

extension RuntimeState {
    /// What the library of the models needs: events that come together are seen together.
    package var modelDelegate: ModelLibrary.Delegate {
        ModelLibrary.Delegate(
            isStopping: { [self] in board.snapshot.isDraining },
            handle: { [self] events in handle(events) },
            releaseMemory: {
                FreeMemory.release()
                ProcessMemory.unmapProgram()
            })
    }

    /// Takes what happened to the models.
    func handle(_ events: [ModelEvent]) {
        let change = updateModels { list in
            var change = ModelChange()
            for event in events { change.take(event, &list) }
            return change
        }
        board.report(change.outcomes) { [self] in
            for line in change.lines {
                logger.log(level: line.level, "\(line.message)", metadata: line.metadata)
            }
            if change.endsFirstLoad { verdictLog.begin(board.snapshot) }
        }
    }
}

/// What follows from events of the models: outcomes for the board, and lines for the log.
private struct ModelChange: Sendable {
    var outcomes: [OutcomeName: Outcome?] = [:]
    var lines: [(level: Logger.Level, message: String, metadata: Logger.Metadata)] = []
    var endsFirstLoad = false

    mutating func take(_ event: ModelEvent, _ list: inout ModelList) {
        switch event {
        case .loading(let index): drop(&list[index], .modelLoading)
        case .loaded(let index, let model):
            use(model, &list[index])
            log(.info, "model loaded", model.description)
        case .loadFailed(let index, let error):
            drop(&list[index], .modelFailed(error.reason))
            log(.error, "model not loaded", ["reason": "\(error.text)"])
        case .reloaded(let index, let model):
            use(model, &list[index])
            list[index].reloads.succeeded()
            log(.notice, "model reloaded", model.description)
        case .reloadFailed(let index, let error, let old):
            if old == nil { drop(&list[index], .modelFailed(error.reason)) }
            list[index].reloads.failed(error.reason)
            log(
                .error, "reload failed",
                ["reason": "\(error.text)", "serving": "\(old?.path ?? "none")"])
        case .unloaded(let index):
            drop(&list[index], .modelNotLoaded)
            log(.notice, "model unloaded", ["name": "\(list[index].name)"])
        case .lost(let index, let error):
            drop(&list[index], .modelFailed(error.reason))
            log(.error, "model lost", ["reason": "\(error.text)"])
        case .firstLoadEnded: endsFirstLoad = true
        case .complete: outcomes[.startup] = .healthy
        }
    }

    private mutating func use(_ file: ModelFile, _ model: inout ModelList.Model) {
        model.file = file
        outcomes[model.outcome] = .healthy
    }

    /// Requests that have the file keep it.
    private mutating func drop(_ model: inout ModelList.Model, _ outcome: Outcome) {
        model.file = nil
        outcomes[model.outcome] = outcome
    }

    private mutating func log(
        _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata
    ) {
        lines.append((level, message, metadata))
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
