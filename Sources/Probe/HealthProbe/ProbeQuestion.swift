// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What the probe asks a server, once it is connected.
package enum ProbeQuestion: Equatable, Sendable {
    /// Check of each of these names, at once.
    case check([String])
    /// Watch of this name, until it is SERVING.
    case watch(String)
    /// List.
    case list

    /// The names that are asked for; List asks for none.
    var names: [String] {
        switch self {
        case .check(let names): names
        case .watch(let name): [name]
        case .list: [""]
        }
    }
}

extension ProbeOptions {
    /// What the flags ask for.
    package var question: ProbeQuestion {
        if listsServices { return .list }
        if watchesService { return .watch(service) }
        return .check(services.isEmpty ? [service] : services)
    }
}
