// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckSettings
import DiscoverySettings
import Logging
import Settings
import StatusBoard
import Supervision

/// What the wrapper was asked to do. The initial values are the defaults of the settings.
struct WrapperOptions: Sendable {
    /// Whom it waits for before it ends.
    enum Wait: String, CaseIterable, Sendable {
        case child, all
    }

    /// Where it serves.
    struct Addresses: Sendable {
        /// The pages and gRPC health; nil for nowhere.
        var port: PortAddress?
        /// The same with reasons, for operators; nil for nowhere.
        var admin: SideAddress?
        /// the socket that `healthcheck status` asks; empty for the first place that works.
        var socket = ""
    }

    /// How the command is run and restarted.
    struct Command: Sendable {
        var policy = SupervisionPolicy()
        var stopSignal = StopSignal.terminate
        var wait = Wait.child
        /// Orphans of the command come to this process also when it is not the first one.
        var isSubreaper = false
    }

    /// What is known of the command's health.
    struct Health: Sendable {
        /// In the order in which they were given.
        var checks: [CheckSetting] = []
        /// The port of the command, on this machine; 0 for none.
        var port: UInt16 = 0
        /// The command is stalled when it has not said for so long that it is alive; zero when it need not.
        var watchdog = Duration.zero
        /// The command is ready only after it has said so.
        var waitsForReady = false
        /// The group whose bad health restarts the command; empty for the one that ``judgedGroup`` chooses.
        var group = ""
    }

    /// The command's own metrics.
    struct Scrape: Sendable {
        /// Where they are; nil for none.
        var url: ScrapeURL?
        var timeout = Duration.seconds(2)
    }

    var addresses = Addresses()
    var command = Command()
    var health = Health()
    var scrape = Scrape()
    /// Where the command is registered.
    var registration = RegistrationOptions()
    /// How the service is called on the pages; empty for the name of the program.
    var name = ""
    /// What is logged at the least.
    var logLevel = Logger.Level.info

    /// The defaults.
    init() {}
}

extension WrapperOptions {
    /// The checks that were configured, and that of the port.
    var checks: [CheckSetting] {
        guard health.port > 0,
            let port = try? CheckSetting(
                line: "tcp:127.0.0.1:\(health.port),name=port,critical", .all)
        else { return health.checks }
        return [port] + health.checks
    }

    /// The policy of the supervisor, from all settings that are part of it.
    var policy: SupervisionPolicy {
        var policy = command.policy
        policy.stopSignal = command.stopSignal.number
        policy.waitsForAll = command.wait == .all
        return policy
    }

    /// The settings name bad health as the reason to end the command. `always` does so too, but makes sense without.
    private var namesHealth: Bool {
        command.policy.restart == .onUnhealthy || command.policy.exitsOnUnhealthy
    }

    /// The group whose bad health ends the command: the one that was named, or liveness where a check or a watchdog decides
    /// that, or readiness. Without any of them liveness would be bad only when the command has ended.
    var judgedGroup: String {
        if !health.group.isEmpty { return health.group }
        let decidesLiveness =
            health.watchdog > .zero || checks.groups.contains(HealthName.liveness)
        return decidesLiveness ? HealthName.liveness : HealthName.readiness
    }

    /// What is wrong with the options as a whole.
    var problems: [SettingProblem] {
        let own = OutcomeName.ofWrapper.map(\.rawValue)
        var problems =
            checks.problems
            + registration.problems(
                name: name.isEmpty ? "command" : name, hasPort: health.port > 0)
            + registration.served.problems(
                hasPages: addresses.port != nil || addresses.admin != nil, pages: "export-prom")
            + health.checks.map(\.definition.name).filter(own.contains).map { name in
                SettingProblem(
                    "a check cannot be named \(name): the wrapper has one of this name itself: set its name to another one",
                    about: "check")
            }
        let groups =
            checks.groups + [HealthName.readiness, HealthName.liveness, HealthName.startup]
        if !health.group.isEmpty, !groups.contains(health.group) {
            problems.append(
                SettingProblem(
                    "--unhealthy-group \(health.group) is no group of the checks: use \(groups.joined(separator: ", "))",
                    about: "unhealthy-group", "check"))
        }
        return problems
    }

    /// What is allowed, but probably a mistake.
    var warnings: [SettingProblem] {
        var warnings = health.checks.flatMap(\.warnings).map { SettingProblem($0, about: "check") }
        warnings += registration.warnings(hasOperators: addresses.admin != nil)
        if namesHealth, checks.isEmpty, health.watchdog == .zero {
            warnings.append(
                SettingProblem(
                    "bad health is never found: there is no --check, --port or --watchdog",
                    about: "restart"))
        }
        return warnings
    }
}
