// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import StatusBoard

/// How something looks: a colour and a shape. There is always a word beside it.
enum Tone: Sendable {
    case good, degraded, bad, unknown, draining, maintenance

    /// Of an outcome. What an operator wants, and what is still to come, is no failure.
    init(_ state: Outcome.State, _ code: HealthReason? = nil) {
        self =
            switch (state, code) {
            case (.healthy, _): .good
            case (.degraded, _): .degraded
            case (.unknown, _), (.unhealthy, .loading): .unknown
            case (.unhealthy, .draining): .draining
            case (.unhealthy, .maintenance): .maintenance
            case (.unhealthy, _): .bad
            }
    }

    /// Its class in status.css.
    var name: HTML {
        switch self {
        case .good: "ok"
        case .degraded: "warn"
        case .bad: "bad"
        case .unknown: "wait"
        case .draining: "drain"
        case .maintenance: "hold"
        }
    }

    /// Its shape.
    var icon: HTML { "<svg class=\"i\" aria-hidden=\"true\"><use href=\"#i-\(name)\"/></svg>" }

    /// The same as an address for the favicon: the shapes of status.html on a ground that fits light and dark tabs.
    var favicon: StaticString {
        switch self {
        case .good:
            "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Ccircle cx='12' cy='12' r='11' fill='%2319703f'/%3E%3Cpath d='M7 12.5l3.4 3.4L17 9' fill='none' stroke='%23fff' stroke-width='2.6'/%3E%3C/svg%3E"
        case .degraded:
            "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Cpath d='M12 1L23.5 22H.5z' fill='%23d08700'/%3E%3Cpath d='M12 8v7m0 3v1' stroke='%23fff' stroke-width='2.6'/%3E%3C/svg%3E"
        case .bad:
            "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Cpath d='M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9z' fill='%23c8281f'/%3E%3Cpath d='M8 8l8 8m0-8l-8 8' stroke='%23fff' stroke-width='2.6'/%3E%3C/svg%3E"
        case .unknown:
            "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Ccircle cx='12' cy='12' r='11' fill='%235b6b81'/%3E%3Cpath d='M5.5 12h3m2 0h3m2 0h3' stroke='%23fff' stroke-width='3'/%3E%3C/svg%3E"
        case .draining:
            "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Ccircle cx='12' cy='12' r='11' fill='%230b5cad'/%3E%3Cpath d='M12 6v11m-5-5l5 5 5-5' fill='none' stroke='%23fff' stroke-width='2.6'/%3E%3C/svg%3E"
        case .maintenance:
            "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Crect x='1' y='1' width='22' height='22' rx='4' fill='%236b3fa0'/%3E%3Cpath d='M9 7v10m6-10v10' stroke='%23fff' stroke-width='2.8'/%3E%3C/svg%3E"
        }
    }
}

extension HealthReason {
    /// The kind of cause in words that everybody may read.
    var words: String {
        switch self {
        case .lowMemory: "low memory"
        case .loading: "still loading"
        case .draining: "draining"
        case .maintenance: "in maintenance"
        case .dependency: "something that it needs is not healthy"
        case .stalled: "no progress"
        case .queue: "too many requests wait"
        case .drill: "a drill"
        }
    }
}
