// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
import CheckScheduling
package import CheckSettings

/// What a check found that ran once.
package struct OneShotResult: Sendable {
    /// The name of the check; that of its kind when it was not given one.
    package let name: String
    package let kind: String
    /// For people, without secrets; empty for a kind without one.
    package let target: String
    /// It decides nothing.
    package let isDry: Bool
    package let result: CheckResult

    /// A result of a check.
    package init(_ setting: CheckSetting, _ result: CheckResult) {
        self.init(
            setting.definition.name, kind: setting.kindName, target: setting.kind.targetText,
            isDry: setting.definition.isDry, result)
    }

    /// A result of a check that is named here.
    package init(
        _ name: String, kind: String, target: String, isDry: Bool = false, _ result: CheckResult
    ) {
        self.name = name
        self.kind = kind
        self.target = target
        self.isDry = isDry
        self.result = result
    }
}
