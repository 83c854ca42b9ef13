// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import SkillServices
import StatusBoard

/// A failure that an operator asks for, so that alerts, probes and balancers can be tried. It ends by itself.
package struct Drill: Equatable, Sendable {
    /// What fails.
    package enum Target: String, CaseIterable, Sendable {
        /// The server takes part in no balancing any more, and still serves.
        case readiness
        /// Also: what restarts servers that are not alive restarts this one.
        case liveness

        /// Its name on the status board.
        var outcome: OutcomeName {
            switch self {
            case .readiness: .drill
            case .liveness: .livenessDrill
            }
        }
    }

    /// A drill that is forgotten must not be an outage.
    package static let longest = Duration.seconds(3600)

    let target: Target
    /// For so long; zero ends one that is on.
    let duration: Duration

    /// What the status board says meanwhile.
    var outcome: Outcome { .drill("for \(duration.goText)") }
}
