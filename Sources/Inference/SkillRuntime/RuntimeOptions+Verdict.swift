// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HostMemory
import Models
import Settings
import StatusBoard
import Text

extension RuntimeOptions {
    /// What the verdict goes by: the models' files, the memory, progress.
    static var verdictSettings: [Setting<RuntimeOptions>] { fileSettings + memorySettings }

    private static var fileSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "require-model", \.requiresModels, .boolean,
                "be ready only while the models are loaded"),
            .value(
                "reload-on-change", \.reloadsOnChange, .boolean,
                "reload a model when its file is replaced"),
            .value(
                "warm-up", \.warmUp, .choice("mode"),
                "read the model's file once: off, background, or startup to have startup wait for it"
            ),
            .value(
                "skip-memory-check", \.skipsMemoryCheck, .boolean,
                "load a model also when it does not fit into memory"),
            .value(
                "stall-after", \.stallAfter, .duration,
                "time without progress after which a request is stuck; 0 for no such condition"),
            .value(
                "drain-deadline", \.drainDeadline, .optional(.duration),
                "time for everything after SIGTERM, the grace period included; requests still under way "
                    + "then are cut off (default 8s, or 3s after the grace period where that is later)"
            ),
        ]
    }

    private static var memorySettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "min-available-ram-high", \.minAvailableRAMHigh, .size,
                "RAM that must be available to be ready again (default 1.2 x --min-available-ram)"),
            .value(
                "memory-low-for", \.memoryLowFor, .duration,
                "time for which RAM must be short before readiness goes"),
            .value(
                "memory-high-for", \.memoryHighFor, .duration,
                "time for which RAM must be enough again before readiness comes back"),
        ]
    }

    /// What is wrong with the settings of the verdict.
    var verdictProblems: [String] {
        var problems: [String] = []
        if minAvailableRAMHigh != 0, minAvailableRAMHigh < minAvailableRAM {
            problems.append("--min-available-ram-high must not be less than --min-available-ram")
        }
        if modelPaths.count > 1 {
            let paths = modelPaths.map { PrintableText.quoted($0) }.joined(separator: " and ")
            problems.append(
                "--model is given without a name for \(paths): use --model NAME=PATH for each")
        }
        let names = completed().modelSources.map(\.name)
        for (index, name) in names.enumerated() where names[..<index].contains(name) {
            problems.append("--model \(name)=... is given twice")
        }
        for model in namedModels where model.path?.isEmpty ?? true {
            problems.append("--model \(model.name)=... needs a path")
        }
        return problems
    }

    /// What this machine makes of the marks.
    var memoryWarnings: [String] {
        var memory = AvailableMemory()
        return (try? memory.limit()).map { warnings(within: $0) } ?? []
    }

    /// What the memory there can be at most makes impossible: readiness, or its return.
    func warnings(within limit: MemorySample) -> [String] {
        let limits = memoryLimits
        let most =
            "\(limit.source.text) has \(SizeText.rounded(limit.availableBytes, .down)) in all"
        if limits.low > 0, limit.availableBytes <= limits.low {
            let required = SizeText.rounded(limits.low, .up)
            return [
                "--min-available-ram is \(required), but \(most): the server can never be ready; "
                    + "raise the limit, or lower the setting"
            ]
        }
        if limits.low > 0, limit.availableBytes <= limits.high {
            let required = SizeText.rounded(limits.high, .up)
            return [
                "--min-available-ram-high is \(required), but \(most): a server that was short of "
                    + "memory can never be ready again; raise the limit, or lower the settings"
            ]
        }
        return []
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

    /// What the health names follow from.
    var health: RuntimeHealth {
        var health = RuntimeHealth(
            models: modelSources.map { source in
                ModelList.Model(
                    name: source.name, healthName: source.healthName, isRequired: source.isRequired)
            })
        if backend == .openai { health.dependencies = [.init(.modelServer, Outcome(nil))] }
        if minAvailableRAM > 0 {
            health.checks.append(.init(.memory, Outcome(.unknown(reason: "not measured yet"))))
        }
        health.checks += [.init(.queue, .healthy), .init(.maintenance, .healthy)]
        return health
    }
}
