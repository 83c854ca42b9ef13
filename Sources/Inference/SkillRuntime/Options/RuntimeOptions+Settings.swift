// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import DiscoverySettings
import GRPCTransport
import Logging
import Settings

extension RuntimeOptions {
    /// All settings of `skill-runtime`, each defined once.
    ///
    /// To add one: a field with its default in one of the groups, such as ``DrainOptions``, and a line in the table
    /// beside it. The line makes the flag, the environment variable (`VITALS_` and the name in upper case), the key of
    /// the configuration file, the help and what `--print-config` prints. `.list` is for what can be given several times, `.secret` for keys and
    /// passwords, `.text(word, parse:, print:)` for a type of your own. What is wrong with several settings together
    /// goes to `problems` of the group. Then `make docs`, which writes the table of docs/runtime.md.
    static var settings: SettingTable<RuntimeOptions> { settings(memoryLimit: nil) }

    /// The same for a process that may have so much memory: the defaults of the limits fit into it.
    static func settings(memoryLimit: UInt64?) -> SettingTable<RuntimeOptions> {
        var defaults = RuntimeOptions()
        if let memoryLimit { defaults.server.capacity.fit(into: Int(clamping: memoryLimit)) }
        return SettingTable(
            program: "skill-runtime", variablePrefix: "VITALS_", synopsis: synopsis,
            exitCodes: exitCodes, defaults: defaults, groups: groups,
            problems: { $0.problems }, completed: { $0.completed() })
    }

    /// The most used first, in the help and in the documentation.
    private static var groups: [SettingGroup<RuntimeOptions>] {
        [
            SettingGroup("Model", modelSettings),
            SettingGroup("Addresses", networkSettings),
            SettingGroup(
                "Readiness",
                modelReadinessSettings + memorySettings + loadSettings + reasonSettings),
            SettingGroup("Checks", checkSettings),
            SettingGroup("Registries", Setting.registration(\.registration)),
            SettingGroup("Inference", backendSettings + inferenceSettings),
            SettingGroup("Stopping", drainSettings),
            SettingGroup("TLS", tlsSettings),
            SettingGroup("Log", logSettings),
            SettingGroup("Limits of what clients can make it hold", countSettings, isRare: true),
            SettingGroup("Limits of time", timeSettings, isRare: true),
            SettingGroup("Keepalive", keepaliveSettings, isRare: true),
            SettingGroup("Threads and tests", loopSettings + rareInferenceSettings, isRare: true),
        ]
    }

    private static var synopsis: String {
        """
        skill-runtime serves one skill (a model), and tells by gRPC whether it is ready.

          skill-runtime --demo                    a small model, on port 50051
          skill-runtime --skill chat --port 8080  the model /app/models/chat.gguf
          skill-runtime --config /etc/vitals.yaml --check-config
          skill-runtime explain                   why a running one is as it is

        Ask it with: grpc_health_probe -addr 127.0.0.1:50051

        """
    }

    private static var exitCodes: String {
        """
        Exit codes: 0 it has stopped as it was asked to, or the configuration is OK; \
        1 it could not start, the configuration is wrong, or requests were cut off at \
        the end of a drain.
        """
    }

    /// Settings that may differ from the defaults without having been given: they follow from others, or fit into the memory and
    /// the open files that this process may have.
    private static let fitted: Set<String> = [
        "drain-deadline", "max-connections", "max-handshakes", "max-held-bytes",
        "max-request-bytes", "max-streams", "model", "reserved-connections", "skill",
    ]

    /// The settings that differ from the defaults, for the log. To look at all of them was a fifth of what a start costs.
    var changedSettings: Logger.Metadata {
        var changes: Logger.Metadata = [:]
        for (name, values) in Self.settings.changes(in: self, among: given.union(Self.fitted)) {
            let values = values.map { Logger.MetadataValue($0) }
            changes[name] = values.count == 1 ? values[0] : .array(values)
        }
        return changes
    }

    private static var logSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "log-level", \.logLevel, .choice("level"),
                "least level to log: trace, debug, info, notice, warning, error, critical")
        ]
    }
}

extension Logger.MetadataValue {
    fileprivate init(_ value: SettingValue) {
        switch value {
        case .boolean(let value): self = .stringConvertible(value)
        case .number(let value): self = .stringConvertible(value)
        case .text(let text): self = .string(text)
        }
    }
}
