// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import Flags
package import Heartbeats
package import Settings
import Text

extension Setting {
    /// The setting of checks: `--check KIND:TARGET[,option...]` repeated, or mappings under `checks:` in a file.
    package static func checks(
        _ field: @autoclosure @escaping () -> WritableKeyPath<Options, [CheckSetting]>,
        _ help: String, of kinds: CheckKinds = .all
    ) -> Setting {
        var type = SettingType<CheckSetting>.url(
            "check",
            parse: { text throws(FlagValueError) in try CheckSetting(line: text, kinds) },
            print: { $0.definition.name })
        // Any option may hold a secret.
        type.shown = { line in
            let kind = line.prefix { $0 != ":" && $0 != "," }
            return CheckSetting.isName(String(kind)) ? "\(kind):..." : "(not shown)"
        }
        return .records(
            "check", in: "checks", field(), type,
            parse: { record throws(SettingRecordError) in try CheckSetting(record, kinds) },
            print: { $0.record }, help)
    }
}

extension [CheckSetting] {
    /// Takes reports for those of kind `heartbeat`.
    package var heartbeats: HeartbeatDesk {
        HeartbeatDesk(
            compactMap { check in
                (check.kind as? HeartbeatCheck).map { (check.definition.name, $0) }
            })
    }

    /// The groups that the checks decide, in the order in which they are named.
    package var groups: [String] {
        var groups: [String] = []
        let deciding = map(\.definition).filter { !$0.isDry }
        for group in deciding.flatMap(\.groups) where !groups.contains(group) {
            groups.append(group)
        }
        return groups
    }

    /// What is wrong with the checks together: names that are taken, needs that are not there or go in a circle.
    package var problems: [SettingProblem] {
        var problems: [SettingProblem] = []
        let names = map(\.definition.name)
        for (index, name) in names.enumerated() where names[..<index].contains(name) {
            problems.append(
                SettingProblem(
                    "two checks are named \(name): give one another name, with name=",
                    about: "check"))
        }
        for check in self {
            for need in check.definition.needs where !names.contains(need) {
                problems.append(
                    SettingProblem(
                        "the check \(check.definition.name) needs \(need), but no check has this name: "
                            + "correct needs, or add the check",
                        about: "check"))
            }
        }
        if problems.isEmpty, inOrder.count < count {
            let circle = filter { check in
                !inOrder.contains { $0.definition.name == check.definition.name }
            }
            let names = circle.map(\.definition.name).joined(separator: ", ")
            problems.append(
                SettingProblem("these checks need each other in a circle: \(names)", about: "check")
            )
        }
        return problems
    }

    /// Those that can be ordered so that each comes after those that it needs.
    package var inOrder: [CheckSetting] {
        var ordered: [CheckSetting] = []
        var rest = self
        while true {
            let names = ordered.map(\.definition.name)
            let ready = rest.filter { $0.definition.needs.allSatisfy(names.contains) }
            if ready.isEmpty { return ordered }
            ordered += ready
            rest.removeAll { check in !check.definition.needs.contains { !names.contains($0) } }
        }
    }
}
