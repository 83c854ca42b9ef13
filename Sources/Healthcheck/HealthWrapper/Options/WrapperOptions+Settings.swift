// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckSettings
import DiscoverySettings
import Flags
import Settings
import StatusBoard
import Supervision
import WrapperStatus

extension WrapperOptions {
    /// All settings of the wrapper.
    static var settings: SettingTable<WrapperOptions> {
        SettingTable(
            program: "healthcheck", variablePrefix: "HEALTHCHECK_", synopsis: synopsis,
            exitCodes: exitCodes, defaults: WrapperOptions(),
            groups: [
                SettingGroup("Addresses", addressSettings),
                SettingGroup("Health of the command", healthSettings),
                SettingGroup("Registries", Setting.registration(\.registration)),
                SettingGroup("Restarts", restartSettings),
                SettingGroup("Signals and the end", commandSettings),
                SettingGroup("Metrics and log", otherSettings),
            ],
            elsewhere: ofOneRun, problems: \.problems)
    }

    /// What to say of a flag of a check that runs once.
    private static func ofOneRun(_ name: String) -> String? {
        switch name {
        case "http", "tcp", "redis", "postgres", "grpc":
            "--\(name) is for a check that runs once: with a command write --check \(name):TARGET,critical"
        case "timeout", "json", "degraded-is-unhealthy", "exit-profile":
            "--\(name) is for checks that run once: leave it out, or leave out -- and the command"
        default: nil
        }
    }

    private static var synopsis: String {
        """
        healthcheck runs a command, watches it, and serves its health.

          healthcheck --export-prom :9091 -- uvicorn app.main:app --port 8080
          healthcheck --port 8080 --restart on-failure -- ./server

        """
    }

    private static var exitCodes: String {
        """
        Exit codes: that of the command, or 128 and the number of the signal that ended it; 127 there is no such \
        command; 126 it cannot be run; 125 healthcheck itself could not do what the settings say, and has started nothing.
        """
    }

    private static var addressSettings: [Setting<WrapperOptions>] {
        [
            .value(
                "export-prom", \.addresses.port, .optional(.portAddress),
                "where the pages, metrics and gRPC health are served: :port, IP:port or unix:/path",
                default: "nowhere"),
            .value(
                "admin", \.addresses.admin,
                .optional(.localAddress(because: "reasons may name files and addresses")),
                "where operators see reasons, too: unix:/path of a socket, 127.0.0.1:port or [::1]:port",
                default: "nowhere"),
            .value(
                "socket", \.addresses.socket, .statusSocket,
                "Unix socket that healthcheck status asks: a path, or @name outside the file system",
                default: "/run/healthcheck.sock, /tmp/healthcheck.sock, or an abstract name"),
        ]
    }

    private static var healthSettings: [Setting<WrapperOptions>] {
        [
            .checks(
                \.health.checks,
                "what its health depends on: KIND:TARGET, then options with commas between them, such as "
                    + "http:http://localhost:8080/health,critical; as often as needed",
                of: .yesOrNo),
            .value(
                "port", \.health.port, .integer(in: 0...65_535),
                "TCP port of the command on this machine, which has to accept connections",
                default: "none"
            ),
            .value(
                "watchdog", \.health.watchdog, .duration,
                "time within which the command has to say again and again that it is alive (sd_notify: WATCHDOG=1)",
                default: "none"),
            .value(
                "wait-for-ready", \.health.waitsForReady, .boolean,
                "not ready before the command has said so (sd_notify: READY=1)"),
            .value(
                "start-period", \.command.policy.startPeriod, .duration,
                "bad health ends the command only after it was healthy once, or after this time"),
        ]
    }

    private static var restartSettings: [Setting<WrapperOptions>] {
        [
            .value(
                "restart", \.command.policy.restart, .choice("policy"),
                "when the command is started again: no, on-failure (it failed or was killed), on-unhealthy (also when it "
                    + "is unhealthy), always (also when it has ended well)"),
            .value(
                "restart-budget", \.command.policy.budget, .restartBudget,
                "restarts in a time; beyond that healthcheck ends with the command's exit code"),
            .value(
                "exit-on-unhealthy", \.command.policy.exitsOnUnhealthy, .boolean,
                "stop the command when it is unhealthy, and end with an exit code that is not 0"),
            .value(
                "unhealthy-group", \.health.group, .text("group"),
                "group of checks whose bad health restarts or ends the command",
                default: "liveness if a check or --watchdog decides it, or else readiness"),
        ]
    }

    private static var commandSettings: [Setting<WrapperOptions>] {
        [
            .value(
                "stop-signal", \.command.stopSignal, .stopSignal,
                "signal that asks the command to end"),
            .value(
                "stop-timeout", \.command.policy.stopTimeout, .positiveDuration,
                "time to end, before the command and its process group are killed; below Docker's 10s"
            ),
            .value(
                "signal-group", \.command.policy.signalsGroup, .boolean,
                "signals go to the whole process group of the command"),
            .value(
                "wait-for", \.command.wait, .choice("whom"),
                "end when the command has ended (child), or when all that it has started has (all)"),
            .value(
                "subreaper", \.command.isSubreaper, .boolean,
                "orphans of the command come to healthcheck also when it is not the first process"),
        ]
    }

    private static var otherSettings: [Setting<WrapperOptions>] {
        [
            .value(
                "scrape", \.scrape.url, .optional(.scrapeURL),
                "URL of the command's own metrics, which are served with the others",
                default: "none"),
            .value(
                "scrape-timeout", \.scrape.timeout, .positiveDuration,
                "time for the command to answer with its metrics"),
            .value(
                "name", \.name, .text("name"), "name of the service on the pages",
                default: "the name of the program"),
            .value(
                "log-level", \.logLevel, .choice("level"),
                "least level to log: trace, debug, info, notice, warning, error, critical"),
        ]
    }
}

extension SettingType where Value == String {
    /// Where a wrapper answers.
    fileprivate static var statusSocket: SettingType {
        .text(
            "path",
            parse: { text throws(FlagValueError) in
                if text.isEmpty || !StatusSocket.candidates(given: text).isEmpty { return text }
                throw FlagValueError("use the path of a socket, of 107 bytes at most")
            },
            print: { $0.isEmpty ? nil : $0 })
    }
}
