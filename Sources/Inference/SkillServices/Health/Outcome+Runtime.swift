// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
package import HostMemory
package import OpenAIBackend
package import StatusBoard

/// Outcomes that the runtime reports, with their texts.
extension Outcome {
    /// An operator has taken the server out of service.
    package static let inMaintenance = Outcome(.unhealthy, .maintenance, reason: "in maintenance")
    /// An operator has asked for this failure, for so long (`figures`).
    package static func drill(_ figures: String) -> Outcome {
        Outcome(.unhealthy, .drill, reason: "a drill that an operator asked for", figures: figures)
    }
    /// The required models have not been loaded yet.
    static let notStarted = Outcome(.unhealthy, .loading, reason: "the models are being read")

    /// A model before its first load, or after an operator has unloaded it.
    static let modelNotLoaded = Outcome(.unhealthy, .dependency, reason: "the model is not loaded")
    /// Its file is being opened and checked.
    static let modelLoading = Outcome(.unhealthy, .loading, reason: "the model is being loaded")

    /// It could not be loaded, or can no longer be used.
    static func modelFailed(_ reason: String) -> Outcome {
        Outcome(.unhealthy, .dependency, reason: "no model: \(reason)")
    }

    /// The queue has reached `limit`, and has not become short enough since.
    static func queueLong(limit: Int) -> Outcome {
        Outcome(.unhealthy, .queue, reason: "the queue is long", figures: "\(limit) requests")
    }

    /// Loops do not respond, or requests make no progress.
    static func stalled(_ reason: String) -> Outcome {
        Outcome(.unhealthy, .stalled, reason: reason)
    }

    /// The loop of the files does not respond.
    static let filesBlocked = Outcome(
        .degraded, .stalled, reason: "the files of the models do not answer")
}

extension Outcome {
    /// What the memory's measurements come to.
    package init(_ memory: MemoryGate.Verdict) {
        switch memory {
        case .sufficient: self = .healthy
        case .low(let available, let required):
            let figures = "\(available >> 20) MiB available, \(required >> 20) MiB required"
            self.init(.unhealthy, .lowMemory, reason: "low memory", figures: figures)
        case .unknown(let reason):
            self.init(.unknown, .lowMemory, reason: "available memory is unknown: \(reason)")
        }
    }

    /// What the model server has answered; nil when it has not answered yet.
    package init(_ upstream: UpstreamHealth.State?) {
        switch upstream {
        case .ready: self = .healthy
        case nil:
            self.init(.unknown, .loading, reason: "the model server has not answered yet")
        case .loading:
            self.init(.unhealthy, .loading, reason: "the model server is loading its model")
        case .unreachable(let reason):
            self.init(.unhealthy, .dependency, reason: "the model server: \(reason)")
        }
    }
}
