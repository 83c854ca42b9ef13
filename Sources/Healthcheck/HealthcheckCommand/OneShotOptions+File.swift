// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckSettings
import HealthWrapper

extension OneShotOptions {
    /// Adds the checks of a file, which may have the wrapper's settings as well; what is wrong with it. Times of a check say
    /// nothing here: each runs once.
    mutating func takeChecks(ofFile path: String) -> [String] {
        let (found, problems) = WrapperFile.checks(path)
        checks += found
        return problems
            + found.filter { $0.kindName == "heartbeat" }.map { check in
                "\(path): the heartbeat \(check.definition.name) cannot be reported to a check that runs once: ask the wrapper "
                    + "that takes its reports with healthcheck status"
            }
    }
}
