// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Models
import Settings
import SystemIO
import TLSWire
import Text

/// What `--check-config` checks beside the settings: the files and addresses that they name.
enum ConfigurationCheck {
    /// All that a start with these options would fail at, or be NOT_SERVING for.
    static func problems(of options: RuntimeOptions) -> [SettingProblem] {
        var problems: [SettingProblem] = []
        func check(_ body: () throws(StartFailure) -> Void) {
            do throws(StartFailure) {
                try body()
            } catch {
                problems.append(error.problem)
            }
        }
        check { () throws(StartFailure) in _ = try options.readCertificates() }
        check { () throws(StartFailure) in _ = try options.readUpstream() }
        check { () throws(StartFailure) in _ = try options.readRegistryToken() }
        check { () throws(StartFailure) in _ = try options.listenAddresses() }
        return problems + modelProblems(of: options, areRequired: true)
    }

    /// What a start would only log.
    static func warnings(of options: RuntimeOptions) -> [SettingProblem] {
        modelProblems(of: options, areRequired: false)
    }

    private static func modelProblems(
        of options: RuntimeOptions, areRequired: Bool
    ) -> [SettingProblem] {
        // Without a name or a path the settings say so.
        if options.models.isDemo || options.models.skill.isEmpty { return [] }
        return options.models.sources.compactMap { source in
            guard source.isRequired == areRequired, source.path?.isEmpty != true else { return nil }
            do throws(ModelError) {
                let place = try ModelLocator(path: source.path, name: source.name).locate()
                _ = try ModelFile(opening: place)
                return nil
            } catch {
                let (setting, value) = source.setting
                return SettingProblem(
                    "--\(setting) \(PrintableText.escaped(value, limit: 300)): \(error.text)",
                    about: setting)
            }
        }
    }
}

extension ModelSource {
    /// The setting that asks for it, and its value.
    fileprivate var setting: (name: String, value: String) {
        if isNamed { return ("model", text) }
        return path.map { ("model", $0) } ?? ("skill", name)
    }
}
