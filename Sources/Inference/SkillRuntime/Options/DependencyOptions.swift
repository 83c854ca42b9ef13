// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
package import CheckSettings
import Heartbeats
import Settings
import SkillServices
import StatusBoard

/// The checks of what the service depends on.
package struct DependencyOptions: Sendable {
    /// In the order in which they were given.
    package var checks: [CheckSetting] = []

    /// What is wrong with them.
    var problems: [SettingProblem] {
        let own = [HealthName.skillService, HealthName.server]
        let taken = OutcomeName.ofRuntime.map(\.rawValue)
        return checks.problems
            + checks.map(\.definition.name).filter(taken.contains).map { name in
                SettingProblem(
                    "a check cannot be named \(name): the runtime has one of this name itself: set its name to another one",
                    about: "check")
            }
            + checks.groups.filter(own.contains).map { name in
                SettingProblem(
                    "a group of checks cannot be named \(name): it is a health name of the runtime",
                    about: "check")
            }
    }

    /// What is allowed, but probably a mistake. Without an address for operators, and without the JSON socket, only who has a
    /// token can report a heartbeat.
    func warnings(hasReports: Bool) -> [SettingProblem] {
        let silent = hasReports ? [] : checks.heartbeats.namesWithoutToken
        return (checks.flatMap(\.warnings) + silent.map(Self.silentWarning)).map {
            SettingProblem($0, about: "check")
        }
    }

    private static func silentWarning(_ name: String) -> String {
        "the heartbeat \(name) cannot be reported: set --admin or --json-socket, or give it a token-file"
    }
}

extension RuntimeOptions {
    static var checkSettings: [Setting<RuntimeOptions>] {
        [
            .checks(
                \.dependencies.checks,
                "what the service depends on: KIND:TARGET, then options with commas between them, such as "
                    + "tcp:127.0.0.1:5432,critical,name=db; as often as needed")
        ]
    }
}
