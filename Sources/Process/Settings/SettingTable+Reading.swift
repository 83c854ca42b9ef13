// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import SystemIO
import Text

extension SettingTable {
    /// Reads everything: the arguments that follow the program's name, the environment, and the file that they name.
    ///
    /// It goes on after a problem, so that all are told at once.
    package func read(
        arguments: [String], environment: [String: String]
    ) -> SettingReading<Options> {
        var reading = SettingReading(defaults)
        let given = collectFlags(arguments, &reading)
        reading.command = given.command()
        switch reading.command {
        case .printHelp, .printVersion, .printNotices: return reading
        default: break
        }
        // From the weakest to the strongest: what comes later replaces.
        let variable = environment[fileVariable]
        var knowsFile = true
        readCommonSecrets(environment, &reading)
        if let path = [given.file, variable].compactMap({ $0 }).first, !path.isEmpty {
            knowsFile = readFile(path, &reading)
        }
        readVariables(environment, &reading)
        readFlags(given, &reading)
        finish(knowsFile: knowsFile, &reading)
        return reading
    }

    /// Reads everything, with the environment of this process.
    package func read(arguments: [String]) -> SettingReading<Options> {
        let others = settings.compactMap { $0.otherVariable ?? $0.commonSecretVariable }
        let environment = ProgramEnvironment.variables { name in
            name.hasPrefix(variablePrefix) || others.contains(name)
        }
        return read(arguments: arguments, environment: environment)
    }

    func finish(knowsFile: Bool, _ reading: inout SettingReading<Options>) {
        // A file that cannot be read says less than it means: what is missing may be in it. Nor is anything concluded
        // from a setting whose value is wrong.
        if knowsFile {
            reading.problems += problems(reading.options).filter { problem in
                reading.wrong.isDisjoint(with: problem.settings)
            }.map(reading.located)
        }
        let given = reading.options
        reading.options = completed(given)
        // Only for printing: it compares every setting.
        guard reading.command == .printConfiguration else { return }
        for setting in settings where setting.texts(reading.options) != setting.texts(given) {
            reading.origins[setting.name] = .derived
        }
    }

    // MARK: Flags

    private func collectFlags(
        _ arguments: [String], _ reading: inout SettingReading<Options>
    ) -> GivenFlags {
        var given = GivenFlags()
        var rest = arguments[...]
        let flags = flags
        while true {
            do throws(FlagError) {
                try flags.parse(&rest, into: &given)
                break
            } catch .helpRequested {
                given.showsHelp = true
            } catch {
                guard case .notDefined(let name) = error else {
                    reading.problems.append(error.settingText + " (see --help)")
                    continue
                }
                let names = settings.map { $0.name } + commands.map { $0.name }
                let nearest = NearestName.find(name, in: names)
                    .map { ": did you mean --\($0)?" }
                reading.problems.append(
                    elsewhere(name) ?? error.settingText + (nearest ?? " (see --help)"))
                // Its value, most likely: not a mistake of its own.
                if rest.first?.hasPrefix("-") == false { rest.removeFirst() }
            }
        }
        if let stray = rest.first {
            reading.problems.append("unexpected argument \(PrintableText.quoted(stray))")
        }
        return given
    }

    private func readFlags(_ given: GivenFlags, _ reading: inout SettingReading<Options>) {
        for (name, text) in given.values {
            guard let setting = setting(named: name) else { continue }
            let origin = SettingOrigin.flag(name: name)
            if reading.origins[name] != origin { setting.clear(&reading.options) }
            reading.origins[name] = origin
            do throws(FlagValueError) {
                try setting.add(&reading.options, text)
            } catch {
                let problem = FlagError.invalidValue(
                    value: setting.shown(text), name: name, reason: error.reason, hint: nil)
                reading.problems.append(problem.settingText + " (see --help)")
                reading.wrong.insert(name)
            }
        }
    }

    // MARK: Environment

    private func readVariables(
        _ environment: [String: String], _ reading: inout SettingReading<Options>
    ) {
        // As mostly: the variables' names are a tenth of what a start of the program costs.
        if environment.isEmpty { return }
        var known: Set<String> = [fileVariable]
        for setting in settings {
            for variable in [setting.otherVariable, self.variable(of: setting)].compactMap({ $0 }) {
                known.insert(variable)
                guard let text = environment[variable], !text.isEmpty else { continue }
                if isOfKubernetes(text) {
                    reading.warnings.append(
                        "\(variable) is not read: it is Kubernetes' own, of a Service; "
                            + "enableServiceLinks: false turns such variables off")
                    continue
                }
                use(text, of: variable, for: setting, &reading)
            }
            readSecret(of: setting, environment, &known, &reading)
        }
        let prefix = variablePrefix
        for name in environment.keys.sorted() where name.hasPrefix(prefix) {
            if known.contains(name) { continue }
            // Without the prefix, which all have: it would make any two names near.
            let words = known.sorted().filter { $0.hasPrefix(prefix) }
                .map { String($0.dropFirst(prefix.count)) }
            let nearest = NearestName.find(String(name.dropFirst(prefix.count)), in: words)
            reading.warnings.append(
                "unknown environment variable \(PrintableText.escaped(name, limit: 100))"
                    + (nearest.map { ": did you mean \(prefix)\($0)?" } ?? ""))
        }
    }

    private func use(
        _ text: String, of variable: String, for setting: Setting<Options>,
        _ reading: inout SettingReading<Options>
    ) {
        setting.clear(&reading.options)
        reading.origins[setting.name] = .environment(variable: variable)
        let texts = setting.isList ? text.split(separator: ";").map { String($0) } : [text]
        for text in texts {
            do throws(FlagValueError) {
                try setting.add(&reading.options, text)
            } catch {
                reading.problems.append(
                    "invalid value \(PrintableText.quoted(setting.shown(text))) for \(variable): "
                        + error.reason)
                reading.wrong.insert(setting.name)
            }
        }
    }

    private func readSecret(
        of setting: Setting<Options>, _ environment: [String: String], _ known: inout Set<String>,
        _ reading: inout SettingReading<Options>
    ) {
        guard let variable = secretVariable(of: setting) else { return }
        known.insert(variable)
        guard let text = environment[variable], !text.isEmpty else { return }
        if reading.origins[setting.name] == .environment(variable: self.variable(of: setting)) {
            reading.problems.append(
                "\(variable) and \(self.variable(of: setting)) are mutually exclusive")
        }
        reading.origins[setting.name] = .environment(variable: variable)
        setting.takeSecret(&reading.options, text)
    }

    private func readCommonSecrets(
        _ environment: [String: String], _ reading: inout SettingReading<Options>
    ) {
        if environment.isEmpty { return }
        for setting in settings {
            guard let variable = setting.commonSecretVariable, let text = environment[variable],
                !text.isEmpty
            else { continue }
            reading.origins[setting.name] = .environment(variable: variable)
            setting.takeSecret(&reading.options, text)
        }
    }

    /// A Service named `vitals` has Kubernetes set VITALS_PORT=tcp://10.0.0.1:80 in every pod beside it.
    private func isOfKubernetes(_ text: String) -> Bool {
        ["tcp://", "udp://", "sctp://"].contains { text.hasPrefix($0) }
    }
}

extension GivenFlags {
    fileprivate func command<Options>() -> SettingReading<Options>.Command {
        if showsHelp || showsFullHelp { return .printHelp(all: showsFullHelp) }
        if showsVersion { return isVerbose ? .printNotices : .printVersion }
        if checksConfiguration { return .checkConfiguration }
        return printsConfiguration ? .printConfiguration : .run
    }
}
