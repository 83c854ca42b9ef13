// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol

/// What is true of the runtime now, and what follows from it for each health name. Pure.
struct Conditions: Equatable, Sendable {
    /// Whether there is a model to serve with.
    enum Model: Equatable, Sendable {
        case unloaded
        case loaded
        /// There is none, because it could not be loaded.
        case failed(reason: String)
    }

    /// What the latest look at the machine's memory said.
    enum Memory: Equatable, Sendable {
        /// Nobody asked for a minimum.
        case notRequired
        case sufficient
        case low(available: UInt64, required: UInt64)
        /// It cannot be measured; a runtime that does not know does not promise.
        case unknown(reason: String)
    }

    /// Whether the server that runs the model can.
    enum Upstream: Equatable, Sendable {
        /// There is none: the model runs here.
        case notUsed
        /// It has not answered yet.
        case unknown
        case answered(UpstreamHealth.State)
    }

    var model = Model.unloaded
    var upstream = Upstream.notUsed
    var memory = Memory.notRequired
    /// Switched on by an operator: not ready, requests are served all the same.
    var isInMaintenance = false
    /// A model was loaded once; stays so, whatever comes later.
    var hasStarted = false

    /// The skill can serve, and wants to.
    var isReady: Bool { obstacle == nil }

    /// The first reason not to be ready, for a person.
    var obstacle: String? {
        switch model {
        case .unloaded: return "the model is not loaded"
        case .failed(let reason): return "no model: \(reason)"
        case .loaded: break
        }
        switch upstream {
        case .unknown: return "the model server has not answered yet"
        case .answered(.loading): return "the model server is loading its model"
        case .answered(.unreachable(let reason)): return "the model server: \(reason)"
        case .notUsed, .answered(.ready): break
        }
        switch memory {
        case .low(let available, let required):
            return "low memory: \(available >> 20) MiB available, \(required >> 20) MiB required"
        case .unknown(let reason): return "available memory is unknown: \(reason)"
        case .notRequired, .sufficient: break
        }
        return isInMaintenance ? "in maintenance" : nil
    }

    /// What each name of the runtime answers.
    var statuses: [(name: String, status: ServingStatus)] {
        let readiness: ServingStatus = isReady ? .serving : .notServing
        return [
            (HealthName.server, readiness),
            (HealthName.readiness, readiness),
            (HealthName.skillService, readiness),
            (HealthName.liveness, .serving),
            (HealthName.startup, hasStarted ? .serving : .notServing),
        ]
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
