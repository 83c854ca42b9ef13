// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckSettings
import Settings

extension OneShotOptions {
    /// Adds the checks of a file; what is wrong with it. Times of a check say nothing here: each runs once.
    mutating func takeChecks(ofFile path: String) -> [String] {
        let table = SettingTable(
            program: "healthcheck", defaults: OneShotOptions(),
            groups: [SettingGroup("Checks", [.checks(\.checks, "")])])
        let reading = table.read(arguments: ["--config", path], environment: [:])
        checks += reading.options.checks
        return reading.problems
    }
}
