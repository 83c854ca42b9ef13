// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import Settings
import Supervision

extension SettingType where Value == RestartBudget {
    /// `5/10m`: so many restarts in so long a time.
    static var restartBudget: SettingType {
        .text(
            "budget",
            parse: { text throws(FlagValueError) in
                let parts = text.utf8.split(
                    separator: UInt8(ascii: "/"), omittingEmptySubsequences: false
                ).map { String(decoding: Array($0), as: UTF8.self) }
                guard parts.count == 2, let count = Int(parts[0]), (1...1_000).contains(count),
                    let window = Duration(goText: parts[1]),
                    (.seconds(1) ... .seconds(86_400)).contains(window)
                else {
                    throw FlagValueError(
                        "use COUNT/DURATION, such as 5/10m: up to 1000 restarts in up to 24h")
                }
                var budget = RestartBudget()
                budget.count = count
                budget.window = window
                return budget
            },
            print: { "\($0.count)/\($0.window.goText)" })
    }
}
