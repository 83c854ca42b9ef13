// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import CheckSettings
package import DiscoverySettings
package import GRPCTransport
import HostMemory
package import Logging
import Models
package import OTLPExport
import Settings
import SkillServices
import StatusBoard

/// What the runtime was asked to do. The initial values are the defaults of the settings.
package struct RuntimeOptions: Sendable {
    /// Which models are served.
    package var models = ModelOptions()
    /// How much memory has to be available.
    package var memory = MemoryOptions()
    /// How inferences run.
    package var inference = InferenceOptions()
    /// Where it listens.
    package var network = NetworkOptions()
    /// How it ends.
    package var drain = DrainOptions()
    /// Certificates and keys.
    package var tls = TLSOptions()
    /// What runs the models.
    package var backend = BackendOptions()
    /// What the service depends on.
    package var dependencies = DependencyOptions()
    /// Where it registers itself.
    package var registration = RegistrationOptions()
    /// What clients can make the server hold, and wait for.
    package var server = ServerConfiguration()
    /// Where metrics are pushed, by OpenTelemetry's own variables; nil for nowhere.
    package var push: PushConfiguration?
    /// What is logged at the least.
    package var logLevel = Logger.Level.info
    /// The names of the settings that were given.
    var given: Set<String> = []

    /// The defaults.
    package init() {}
}

extension RuntimeOptions {
    /// What is wrong with the options as a whole.
    var problems: [SettingProblem] {
        models.problems + memory.problems + tls.problems + backend.problems + dependencies.problems
            + registration.problems(name: models.skillName, hasPort: true)
            + registration.served.problems(hasPages: true, pages: "http-addr")
    }

    /// What is allowed, but probably a mistake.
    var warnings: [SettingProblem] {
        drain.times.warnings(inferTimeout: inference.timeout) + models.warnings
            + dependencies.warnings(hasReports: network.admin != nil || network.json != nil)
            + registration.warnings(hasOperators: network.admin != nil)
    }

    /// With what follows from others filled in.
    func completed() -> RuntimeOptions {
        var options = self
        options.drain.deadline = drain.times.deadline
        options.models.skill = models.skillName
        if let limits = memory.limits { options.memory.minAvailableHigh = Int64(limits.high) }
        return options
    }

    /// What the health names follow from.
    var health: RuntimeHealth {
        var health = RuntimeHealth(
            models: models.sources.map { source in
                ModelList.Model(
                    name: source.name, healthName: source.healthName, isRequired: source.isRequired)
            })
        if backend.kind == .openai { health.dependencies = [.init(.modelServer, Outcome(nil))] }
        if memory.limits != nil {
            health.checks.append(.init(.memory, Outcome(.unknown(reason: "not measured yet"))))
        }
        health.checks += [
            .init(.queue, .healthy), .init(.maintenance, .healthy), .init(.drill, .healthy),
        ]
        let checks = dependencies.checks
        health.groups = checks.groups.map { group in
            RuntimeHealth.Group(group, Composite(of: group, in: checks.map(\.definition)))
        }
        health.configured = checks.map { .check($0.definition.name) }
        return health
    }
}
