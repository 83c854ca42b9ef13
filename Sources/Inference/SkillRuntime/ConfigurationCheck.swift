// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Models
import SystemIO
import TLSWire
import Text

/// What `--check-config` looks at beside the settings: the files and addresses that they name.
enum ConfigurationCheck {
    /// All that a start with these options would fail at, or be NOT_SERVING for, in one line each.
    static func problems(of options: RuntimeOptions) -> [String] {
        var problems: [String] = []
        do throws(StartFailure) {
            _ = try options.readCertificates()
        } catch {
            problems.append(error.text)
        }
        do throws(StartFailure) {
            _ = try options.readUpstream()
        } catch {
            problems.append(error.text)
        }
        do throws(StartFailure) {
            _ = try options.listenAddresses()
        } catch {
            problems.append(error.text)
        }
        return problems + modelProblems(of: options, areRequired: true)
    }

    /// What a start would only tell of.
    static func warnings(of options: RuntimeOptions) -> [String] {
        modelProblems(of: options, areRequired: false)
    }

    private static func modelProblems(
        of options: RuntimeOptions, areRequired: Bool
    ) -> [String] {
        // Without a name or a path the settings say so.
        if options.isDemo || options.skill.isEmpty { return [] }
        return options.modelSources.compactMap { source in
            guard source.isRequired == areRequired, source.path?.isEmpty != true else { return nil }
            do throws(ModelError) {
                let place = try ModelLocator(path: source.path, name: source.name).locate()
                _ = try ModelFile(opening: place)
                return nil
            } catch {
                return "\(source.flag): \(error.text)"
            }
        }
    }
}

extension ModelSource {
    /// The flag that asks for it, as it was given.
    fileprivate var flag: String {
        if isNamed { return "--model \(PrintableText.escaped(text, limit: 300))" }
        return path.map { "--model \(PrintableText.escaped($0, limit: 300))" }
            ?? "--skill \(PrintableText.escaped(name, limit: 300))"
    }
}
