// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckSettings
import Settings

/// A file of the wrapper's settings, for those that want its checks alone.
package enum WrapperFile {
    /// The checks of the file, and what is wrong with it. The environment is not read.
    package static func checks(_ path: String) -> (checks: [CheckSetting], problems: [String]) {
        let reading = WrapperOptions.settings.read(
            arguments: ["--config", path], environment: [:])
        return (reading.options.health.checks, reading.problems)
    }

    /// What is wrong with arguments before a `--`. The environment is not read.
    package static func problems(_ arguments: [String]) -> [String] {
        WrapperOptions.settings.read(arguments: arguments, environment: [:]).problems
    }

    /// The names of the settings, which are flags before a `--`.
    package static var names: [String] { WrapperOptions.settings.names }
}
