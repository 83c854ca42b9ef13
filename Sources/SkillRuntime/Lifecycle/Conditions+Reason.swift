// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol

/// The one word of why a name is not SERVING. It tells nothing of what is inside the process.
extension Conditions {
    /// What each name of the runtime answers, and why.
    var verdicts: [(name: String, status: ServingStatus, reason: HealthReason?)] {
        statuses.map { name, status in
            (name, status, status == .serving ? nil : reason(of: name))
        }
    }

    /// The first reason, in the order of ``obstacle``.
    private func reason(of name: String) -> HealthReason? {
        if standstill != nil { return .stalled }
        let models = models.filter { $0.isRequired }.compactMap { Self.reason(of: $0) }
        switch name {
        case HealthName.liveness: return nil
        case HealthName.startup: return models.first ?? .loading
        case HealthName.server, HealthName.readiness, HealthName.skillService:
            return models.first ?? upstreamReason ?? ownReason
        default:
            let own = self.models.first { $0.healthName == name }
            return own.flatMap { Self.reason(of: $0) } ?? upstreamReason
        }
    }

    private static func reason(of model: Model) -> HealthReason? {
        switch model.state {
        case .loaded: nil
        case .loading: .loading
        case .unloaded, .failed: .dependency
        }
    }

    private var upstreamReason: HealthReason? {
        switch upstream {
        case .unknown, .answered(.loading): .loading
        case .answered(.unreachable): .dependency
        case .notUsed, .answered(.ready): nil
        }
    }

    private var ownReason: HealthReason? {
        switch memory {
        case .low, .unknown: return .lowMemory
        case .notRequired, .sufficient: break
        }
        if case .long = queue { return .queue }
        return isInMaintenance ? .maintenance : nil
    }
}
