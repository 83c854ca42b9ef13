// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import HostMemory
import OpenAIBackend

/// What is true of the runtime now, and what follows from it for each health name. Pure.
struct Conditions: Equatable, Sendable {
    /// One of the models, and whether it can be served with.
    struct Model: Equatable, Sendable {
        enum State: Equatable, Sendable {
            case unloaded
            /// Its file is being opened and checked, and there is no other to serve with meanwhile.
            case loading
            case loaded
            /// There is none, because it could not be loaded, or can be used no more.
            case failed(reason: String)
        }

        var name = ""
        /// A health name of its own; nil for none.
        var healthName: String?
        /// Whether readiness needs it.
        var isRequired = true
        var state = State.unloaded

        /// Why it cannot be served with; nil when it can.
        var obstacle: Obstacle? {
            switch state {
            case .unloaded: Obstacle(.dependency, "the model is not loaded")
            case .loading: Obstacle(.loading, "the model is being loaded")
            case .failed(let reason): Obstacle(.dependency, "no model: \(reason)")
            case .loaded: nil
            }
        }
    }

    /// What the looks at the machine's memory come to.
    enum Memory: Equatable, Sendable {
        /// Nobody asked for a minimum.
        case notRequired
        case sufficient
        case low(available: UInt64, required: UInt64)
        /// It cannot be measured; a runtime that does not know does not promise.
        case unknown(reason: String)

        /// What the gate says, where a minimum is asked for.
        init(_ verdict: MemoryGate.Verdict) {
            switch verdict {
            case .sufficient: self = .sufficient
            case .low(let available, let required):
                self = .low(available: available, required: required)
            case .unknown(let reason): self = .unknown(reason: reason)
            }
        }
    }

    /// What the line before the workers is like.
    enum Queue: Equatable, Sendable {
        case short
        /// It has reached `limit`, and has not become short enough since.
        case long(limit: Int)
    }

    /// Whether the server that runs the model can.
    enum Upstream: Equatable, Sendable {
        /// There is none: the model runs here.
        case notUsed
        /// It has not answered yet.
        case unknown
        case answered(UpstreamHealth.State)
    }

    /// At least one.
    var models = [Model()]
    var upstream = Upstream.notUsed
    var memory = Memory.notRequired
    var queue = Queue.short
    /// Switched on by an operator: not ready, requests are served all the same.
    var isInMaintenance = false
    /// The first load is done; stays so, whatever comes later.
    var hasStarted = false
    /// Why the process makes no progress: a loop that takes no turns, work that does not get on. Nil when it does.
    var standstill: String?

    /// The skill can serve, and wants to.
    var isReady: Bool { obstacle == nil }

    /// The first reason not to be ready.
    var obstacle: Obstacle? { stall ?? modelObstacle ?? upstreamObstacle ?? ownObstacle }

    private var stall: Obstacle? { standstill.map { Obstacle(.stalled, $0) } }

    /// Why a model that readiness needs cannot be served with.
    private var modelObstacle: Obstacle? {
        for model in models where model.isRequired {
            guard let obstacle = model.obstacle else { continue }
            if models.count == 1 { return obstacle }
            return Obstacle(obstacle.code, "\(model.name): \(obstacle.reason)")
        }
        return nil
    }

    /// Why the server that runs the models cannot; nil when it can, or when there is none.
    private var upstreamObstacle: Obstacle? {
        switch upstream {
        case .unknown: Obstacle(.loading, "the model server has not answered yet")
        case .answered(.loading): Obstacle(.loading, "the model server is loading its model")
        case .answered(.unreachable(let reason)):
            Obstacle(.dependency, "the model server: \(reason)")
        case .notUsed, .answered(.ready): nil
        }
    }

    /// Why the runtime wants no requests, whatever the models are like.
    private var ownObstacle: Obstacle? {
        switch memory {
        case .low(let available, let required):
            let figures = "\(available >> 20) MiB available, \(required >> 20) MiB required"
            return Obstacle(.lowMemory, "low memory", figures: figures)
        case .unknown(let reason):
            return Obstacle(.lowMemory, "available memory is unknown: \(reason)")
        case .notRequired, .sufficient: break
        }
        if case .long(let limit) = queue {
            return Obstacle(.queue, "the queue is long", figures: "\(limit) requests")
        }
        return isInMaintenance ? Obstacle(.maintenance, "in maintenance") : nil
    }

    /// The first reason why one of the models cannot be served with, whatever the others and readiness are like.
    func obstacle(of model: Model) -> Obstacle? { stall ?? model.obstacle ?? upstreamObstacle }

    /// What keeps each name of the runtime from SERVING; nil where nothing does.
    var obstacles: [(name: String, obstacle: Obstacle?)] {
        let readiness = obstacle
        let start = modelObstacle ?? Obstacle(.loading, "the models are being read")
        let own = models.compactMap { model in
            model.healthName.map { (name: $0, obstacle: obstacle(of: model)) }
        }
        return [
            (HealthName.server, readiness),
            (HealthName.readiness, readiness),
            (HealthName.skillService, readiness),
            (HealthName.liveness, stall),
            (HealthName.startup, hasStarted ? nil : start),
        ] + own
    }

    /// What each name of the runtime answers, and the kind of its reason.
    var statuses: [(name: String, status: ServingStatus, reason: HealthReason?)] {
        obstacles.map { ($0.name, $0.obstacle == nil ? .serving : .notServing, $0.obstacle?.code) }
    }
}

/// The health names that the runtime registers.
enum HealthName {
    static let server = ""
    static let readiness = "readiness"
    static let liveness = "liveness"
    static let startup = "startup"
    static let skillService = "sarai.skills.SkillService"
}
