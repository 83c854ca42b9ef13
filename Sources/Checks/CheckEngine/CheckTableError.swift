// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Why a check cannot be added or removed.
package enum CheckTableError: Error, Equatable {
    /// Another check has its name.
    case nameTaken(String)
    /// The first needs the second, which is not there.
    case needsUnknown(String, String)
    /// The first is needed by the second.
    case needed(String, by: String)

    /// What is wrong, and what to do.
    package var text: String {
        switch self {
        case .nameTaken(let name): "two checks are named \(name): give one another name"
        case .needsUnknown(let name, let need):
            "the check \(name) needs \(need), but no check before it has this name: add that one first"
        case .needed(let name, let other): "the check \(other) needs \(name): remove it first"
        }
    }
}
