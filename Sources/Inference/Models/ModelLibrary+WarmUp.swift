// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Logging
import SystemIO

extension ModelLibrary {
    /// Reads the file of a model once from end to end, in steps.
    func startWarmUp(_ index: Int, _ model: ModelFile) {
        entries[index].warmUp = ModelWarmUp(model)
        logger.info("the model file is read into memory", metadata: ["path": "\(model.path)"])
        scheduleStep(index, model, since: .now())
    }

    /// One step a tick of the loop, so that a reload or a check can come between.
    private func scheduleStep(_ index: Int, _ model: ModelFile, since start: MonotonicTime) {
        _ = loop.schedule(at: .now()) { [weak self] in
            guard let self, entries[index].warmUp?.model === model, !delegate.isStopping() else {
                return
            }
            switch entries[index].warmUp?.step() {
            case .more: return scheduleStep(index, model, since: start)
            case .finished:
                logger.info(
                    "the model file is in memory",
                    metadata: [
                        "path": "\(model.path)", "bytes": .stringConvertible(model.fileSize),
                        "took": "\(MonotonicTime.now() - start)",
                    ])
            case .failed(let error):
                logger.error(
                    "the model file could not be read into memory",
                    metadata: ["reason": "\(error.text)"])
            case nil: return
            }
            entries[index].warmUp = nil
            delegate.handle(completion)
        }
    }
}
