// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
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
    /// What comes to be during the start.
    private struct Started {
        var servers: [(purpose: String, counters: ServerCounters, limit: Int)] = []
        var registrations: RegistrationFigures?
    }

    private let state: RuntimeState
    let queue: InferenceQueue
    private let memory: MemoryOptions
    private let inference: InferenceOptions
    private let started = Mutex(Started())

    init(_ state: RuntimeState, _ queue: InferenceQueue, _ options: RuntimeOptions) {
        self.state = state
        self.queue = queue
        self.memory = options.memory
        self.inference = options.inference
    }

    /// Adds a server, whose connections are then told; there may be `limit` of them.
    func add(_ server: GRPCServer, for purpose: String, limit: Int) {
        started.withLock { $0.servers.append((purpose, server.counters, limit)) }
    }

    /// Has registrations told.
    func add(_ registrations: RegistrationFigures) {
        started.withLock { $0.registrations = registrations }
    }

    /// The numbers now.
    var figures: SiteFigures {
        let (servers, registrations) = started.withLock { ($0.servers, $0.registrations) }
        return SiteFigures(
            memory: memoryFigures, queue: figures(queue),
            models: state.models.models.map(figures),
            connections: servers.map { purpose, counters, limit in
                SiteFigures.Connections(
                    purpose: purpose, open: counters.connections, limit: limit,
                    streams: counters.streamingCalls)
            }, registrations: registrations?.places ?? [])
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
