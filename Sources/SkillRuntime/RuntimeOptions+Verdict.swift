// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags

extension RuntimeOptions {
    /// What the verdict goes by: the models' files, the memory, progress.
    static var verdictFlags: [Flag<RuntimeOptions>] { fileFlags + memoryFlags }

    private static var fileFlags: [Flag<RuntimeOptions>] {
        let defaults = RuntimeOptions()
        return [
            .boolean(
                "require-model", default: defaults.requiresModels,
                "be ready only while the models are loaded"
            ) { $0.requiresModels = $1 },
            .boolean("reload-on-change", "reload a model when its file is replaced") {
                $0.reloadsOnChange = $1
            },
            .value(
                "warm-up", word: "mode", default: defaults.warmUp.rawValue,
                "read the model's file once: off, background, or startup to have startup wait for it",
                apply: { (options, text) throws(FlagValueError) in
                    guard let mode = ModelLibrary.WarmUp(rawValue: text) else {
                        throw FlagValueError("use off, background or startup")
                    }
                    options.warmUp = mode
                }),
            .boolean("skip-memory-check", "load a model also when it does not fit into memory") {
                $0.skipsMemoryCheck = $1
            },
            .duration(
                "stall-after", default: defaults.stallAfter,
                "time without progress after which a request is stuck; 0 for no such condition"
            ) { $0.stallAfter = $1 },
            .duration(
                "drain-deadline", default: defaults.drainDeadline,
                "time for requests under way after the grace period; then they are cut off"
            ) { $0.drainDeadline = $1 },
        ]
    }

    private static var memoryFlags: [Flag<RuntimeOptions>] {
        let defaults = RuntimeOptions()
        return [
            .size(
                "min-available-ram-high",
                "RAM that must be available to be ready again (default 1.2 x --min-available-ram)"
            ) { $0.minAvailableRAMHigh = $1 },
            .duration(
                "memory-low-for", default: defaults.memoryLowFor,
                "time for which RAM must be short before readiness goes"
            ) { $0.memoryLowFor = $1 },
            .duration(
                "memory-high-for", default: defaults.memoryHighFor,
                "time for which RAM must be enough again before readiness comes back"
            ) { $0.memoryHighFor = $1 },
        ]
    }

    /// What is wrong with the flags of the verdict.
    var verdictProblem: String? {
        if minAvailableRAMHigh != 0, minAvailableRAMHigh < minAvailableRAM {
            return "--min-available-ram-high must not be less than --min-available-ram"
        }
        for (name, value) in [
            ("stall-after", stallAfter), ("drain-deadline", drainDeadline),
            ("memory-low-for", memoryLowFor), ("memory-high-for", memoryHighFor),
        ] where value < .zero {
            return "--\(name) must not be negative"
        }
        let names = namedModels.map(\.name)
        for (index, name) in names.enumerated() where names[..<index].contains(name) {
            return "--model \(name)=... is given twice"
        }
        if let model = namedModels.first(where: { $0.path?.isEmpty ?? true }) {
            return "--model \(model.name)=... needs a path"
        }
        return nil
    }

    // MARK: What follows

    /// The models to load, the one that Infer uses first.
    var modelSources: [ModelSource] {
        var sources = namedModels
        if sources.isEmpty || explicitModelPath != nil {
            sources.insert(ModelSource(name: skill, path: explicitModelPath), at: 0)
        }
        if !requiresModels {
            for index in sources.indices { sources[index].isRequired = false }
        }
        return sources
    }

    var modelRules: ModelLibrary.Rules {
        ModelLibrary.Rules(
            skipsMemoryCheck: skipsMemoryCheck, reloadsOnChange: reloadsOnChange, warmUp: warmUp)
    }

    var memoryLimits: MemoryGate.Limits {
        var limits = MemoryGate.Limits(
            low: UInt64(clamping: minAvailableRAM),
            high: minAvailableRAMHigh > 0 ? UInt64(minAvailableRAMHigh) : nil)
        limits.fallAfter = memoryLowFor
        limits.riseAfter = memoryHighFor
        return limits
    }

    /// What is true before anybody has looked.
    var firstConditions: Conditions {
        var conditions = Conditions()
        conditions.models = modelSources.map { source in
            Conditions.Model(
                name: source.name, healthName: source.healthName, isRequired: source.isRequired)
        }
        if minAvailableRAM > 0 { conditions.memory = .unknown(reason: "not measured yet") }
        if backend == .openai { conditions.upstream = .unknown }
        return conditions
    }
}
