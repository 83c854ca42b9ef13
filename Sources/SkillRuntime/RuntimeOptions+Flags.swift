// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import Logging

extension RuntimeOptions {
    /// The command line of `skill-runtime`.
    static var flags: FlagTable<RuntimeOptions> {
        FlagTable(
            program: "skill-runtime",
            flags: modelFlags + backendFlags + verdictFlags + inferFlags + serverFlags + tlsFlags)
    }

    private static var modelFlags: [Flag<RuntimeOptions>] {
        let defaults = RuntimeOptions()
        return [
            .string("skill", "name of the skill (or SKILL_NAME); its model is NAME.gguf") {
                $0.skill = $1
            },
            .string(
                "model", word: "path",
                "GGUF file of the model; or name=path, once for each of several models, with its own "
                    + "health name model/name (name=path,optional: readiness does without)"
            ) { options, text in
                if let source = ModelSource(text) {
                    options.namedModels.append(source)
                } else {
                    options.modelPath = text
                }
            },
            .boolean("demo", "serve a small model made on the spot") { $0.isDemo = $1 },
            .size(
                "min-available-ram", default: defaults.minAvailableRAM,
                "RAM that must be available to be ready; 0 for no such condition"
            ) { $0.minAvailableRAM = $1 },
        ]
    }

    private static var serverFlags: [Flag<RuntimeOptions>] {
        let defaults = RuntimeOptions()
        return [
            .integer(
                "port", default: Int(defaults.port), in: 0...65_535,
                "TCP port to listen on; 0 for any free one"
            ) { $0.port = UInt16($1) },
            .string("host", word: "address", "IP address to listen on (default all interfaces)") {
                $0.host = $1
            },
            .duration(
                "drain-grace", default: defaults.drainGrace,
                "time in which requests are still served after SIGTERM"
            ) { $0.drainGrace = $1 },
            .integer("loops", in: 0...1024, "event loops; 0 for one per core") { $0.loops = $1 },
            .value(
                "log-level", word: "level", default: defaults.logLevel.rawValue,
                "least level to log: trace, debug, info, notice, warning, error, critical",
                apply: { (options, text) throws(FlagValueError) in
                    guard let level = Logger.Level(rawValue: text) else {
                        throw FlagValueError(
                            "not a level: use trace, debug, info, notice, warning, error, critical")
                    }
                    options.logLevel = level
                }),
            .boolean("version", "print the version and exit") { $0.showsVersion = $1 },
        ]
    }
}
