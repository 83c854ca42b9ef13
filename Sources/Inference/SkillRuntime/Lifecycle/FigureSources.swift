// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HostMemory
import Inference
import Models
import Registering
import SkillServices
import StatusBoard
import StatusSite
import Synchronization

/// Where the status page's numbers come from. They are only read: nothing is measured for a request. From any thread.
final class FigureSources: Sendable {
    private let state: RuntimeState
    private let queue: InferenceQueue
    private let memory: MemoryOptions
    private let inference: InferenceOptions
    /// The connections of its servers.
    let connections = OpenConnections()
    private let registrations = Mutex<RegistrationFigures?>(nil)

    init(_ state: RuntimeState, _ queue: InferenceQueue, _ options: RuntimeOptions) {
        self.state = state
        self.queue = queue
        self.memory = options.memory
        self.inference = options.inference
    }

    /// Has registrations told.
    func add(_ registrations: RegistrationFigures) {
        self.registrations.withLock { $0 = registrations }
    }

    /// The numbers now.
    var figures: SiteFigures {
        SiteFigures(
            memory: memoryFigures, queue: figures(queue),
            models: state.models.models.map(figures), connections: connections.figures,
            registrations: registrations.withLock { $0 }?.places ?? [])
    }

    private var memoryFigures: SiteFigures.Memory {
        let available = state.availableBytes.load(ordering: .relaxed)
        let limits = memory.limits
        return SiteFigures.Memory(
            available: available == .max ? nil : available, low: limits?.low, high: limits?.high,
            resident: state.residentBytes.load(ordering: .relaxed))
    }

    private func figures(_ queue: InferenceQueue) -> SiteFigures.Queue {
        let load = queue.load
        return SiteFigures.Queue(
            waiting: load.depth, limit: inference.queueDepth, longAt: load.longAt,
            busyWorkers: load.busyWorkers, workers: inference.workers)
    }

    private func figures(_ model: ModelList.Model) -> SiteFigures.Model {
        SiteFigures.Model(
            name: model.name, outcome: model.outcome.rawValue, isRequired: model.isRequired,
            bytes: model.file?.fileSize, path: model.file?.path, reloads: Int(model.reloads.count),
            reloadFailure: model.reloads.failure)
    }
}
