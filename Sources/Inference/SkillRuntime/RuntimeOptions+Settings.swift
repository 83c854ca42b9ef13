// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import GRPCHealth
import Logging
import Settings

extension RuntimeOptions {
    /// All settings of `skill-runtime`, each defined once.
    ///
    /// To add one: a field with its default in ``RuntimeOptions``, and a line here. The line makes the flag, the
    /// environment variable (`VITALS_` and the name in upper case), the key of the configuration file, the help and
    /// what `--print-config` prints. `.list` is for what can be given several times, `.secret` for keys and
    /// passwords, `.text(word, parse:, print:)` for a type of your own. What is wrong with several settings together
    /// goes to `problems` in RuntimeOptions.swift. Then `make docs`, which writes the table of docs/runtime.md.
    static var settings: SettingTable<RuntimeOptions> { settings(memoryLimit: nil) }

    /// The same for a process that may have so much memory: the defaults of the limits fit into it.
    static func settings(memoryLimit: UInt64?) -> SettingTable<RuntimeOptions> {
        var defaults = RuntimeOptions()
        if let memoryLimit { defaults.server.fit(into: Int(clamping: memoryLimit)) }
        return SettingTable(
            program: "skill-runtime", synopsis: synopsis, exitCodes: exitCodes,
            defaults: defaults,
            settings: modelSettings + verdictSettings + inferSettings + serverSettings + tlsSettings
                + backendSettings + limitSettings,
            problems: { $0.problems }, completed: { $0.completed() })
    }

    private static var synopsis: String {
        """
        skill-runtime serves one skill (a model), and tells by gRPC whether it is ready.

          skill-runtime --demo                                  a small model, on port 50051
          skill-runtime --skill chat --port 8080                the model /app/models/chat.gguf
          skill-runtime --config /etc/vitals.yaml --check-config

        Ask it with: grpc_health_probe -addr 127.0.0.1:50051


        """
    }

    private static var exitCodes: String {
        """
        Exit codes: 0 it has stopped as it was asked to, or the configuration is OK; 1 it could not start, the
        configuration is wrong, or requests were cut off at the end of a drain.

        """
    }

    /// The settings that differ from the defaults, for the log.
    var changedSettings: Logger.Metadata {
        var changes: Logger.Metadata = [:]
        for (name, values) in Self.settings.changes(in: self) {
            let values = values.map { Logger.MetadataValue($0) }
            changes[name] = values.count == 1 ? values[0] : .array(values)
        }
        return changes
    }

    private static var modelSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "skill", \.skill, .text,
                "name of the skill (or SKILL_NAME); its model is NAME.gguf",
                variable: "SKILL_NAME"),
            .list(
                "model", \.modelTexts, .path,
                "GGUF file of the model; or name=path, once for each of several models, with its own "
                    + "health name model/name (name=path,optional: readiness does without)"),
            .value("demo", \.isDemo, .boolean, "serve a small model made on the spot"),
            .value(
                "min-available-ram", \.minAvailableRAM, .size,
                "RAM that must be available to be ready; 0 for no such condition"),
        ]
    }

    private static var serverSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "port", \.port, .integer(in: 0...65_535),
                "TCP port to listen on; 0 for any free one"),
            .value(
                "host", \.host, .text("address"),
                "IP address to listen on (default all interfaces)"),
            .value(
                "admin", \.admin, .optional(.localAddress),
                "where operators load and unload models: unix:/path of a socket, 127.0.0.1:port or "
                    + "[::1]:port (default nowhere)"),
            .value(
                "health-addr", \.healthAddress, .optional(.sideAddress),
                "where health is asked apart from everything else, on a loop and with limits of its "
                    + "own, in plaintext: unix:/path of a socket, or IP:port (default nowhere)"),
            .value(
                "reason-codes", \.reasonCodes, .choice("audience"),
                "whom the trailer vitals-reason-code of a Check tells why it is not SERVING: none, loopback "
                    + "(clients of this machine) or all"),
            .value(
                "drain-grace", \.drainGrace, .duration,
                "time for which clients that are connected are still served after SIGTERM"),
            .value("loops", \.loops, .integer(in: 0...1024), "event loops; 0 for one per core"),
            .value(
                "log-level", \.logLevel, .choice("level"),
                "least level to log: trace, debug, info, notice, warning, error, critical"),
        ]
    }
}

extension SettingType where Value == SideAddress {
    fileprivate static var sideAddress: SettingType {
        .text(
            "address",
            parse: { text throws(FlagValueError) in
                if let address = SideAddress(text) { return address }
                throw FlagValueError("use unix:/path, IPv4:port or [IPv6]:port")
            },
            print: { $0.text })
    }

    fileprivate static var localAddress: SettingType {
        .text(
            "address",
            parse: { text throws(FlagValueError) in
                if let address = SideAddress(text), address.isLocal { return address }
                throw FlagValueError(
                    "use unix:/path, 127.0.0.1:port or [::1]:port: who reaches it may unload models"
                )
            },
            print: { $0.text })
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
