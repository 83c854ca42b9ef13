// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine

/// Which checks there are, so that mistakes are told at once, and not on the loop. Pure.
struct Registry {
    private var checks: [String: CheckDefinition] = [:]
    /// Grows with each change.
    private(set) var version: UInt64 = 0

    /// The names of all.
    var names: Dictionary<String, CheckDefinition>.Keys { checks.keys }

    /// Throws when its name is taken, or it needs one that is not there.
    mutating func add(_ check: CheckDefinition) throws(CheckError) {
        guard checks[check.name] == nil else {
            throw CheckError(CheckTableError.nameTaken(check.name).text)
        }
        if let need = check.needs.first(where: { checks[$0] == nil }) {
            throw CheckError(CheckTableError.needsUnknown(check.name, need).text)
        }
        version += 1
        checks[check.name] = check
    }

    /// The check that was taken out; nil when there was none. Throws when others need it.
    mutating func remove(_ name: String) throws(CheckError) -> CheckDefinition? {
        let dependents = checks.values.filter { $0.needs.contains(name) }
        if let dependent = dependents.map(\.name).min() {
            throw CheckError(CheckTableError.needed(name, by: dependent).text)
        }
        version += 1
        return checks.removeValue(forKey: name)
    }

    /// The checks that decide a group, by name.
    func members(of group: String) -> [CheckDefinition] {
        checks.values.filter { $0.decidedGroups.contains(group) }
            .sorted { $0.name < $1.name }
    }
}

extension CheckDefinition {
    /// The groups that it has a part in.
    var decidedGroups: [String] { isDry ? [] : groups }
}
