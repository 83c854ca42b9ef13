// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A group of checks that has paths of its own.
enum HealthGroup: CaseIterable {
    case liveness
    case readiness
    case startup

    /// Its health name on the board.
    var healthName: String {
        switch self {
        case .liveness: "liveness"
        case .readiness: "readiness"
        case .startup: "startup"
        }
    }

    /// As the last line of its page calls it.
    var pageName: StaticString {
        switch self {
        case .liveness: "livez"
        case .readiness: "readyz"
        case .startup: "startupz"
        }
    }
}
