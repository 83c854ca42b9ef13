// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import StatusBoard

/// Which outcomes the runtime's health names follow from. Pure.
package struct RuntimeHealth: Sendable {
    /// An outcome, and what it is before its first report.
    package struct Check: Sendable {
        package let name: OutcomeName
        package let outcome: Outcome

        package init(_ name: OutcomeName, _ outcome: Outcome = .unknown) {
            self.name = name
            self.outcome = outcome
        }
    }

    /// The models, in the order in which they were given.
    package var models: [ModelList.Model]
    /// What every model needs beside its file.
    package var dependencies: [Check] = []
    /// What readiness needs beside the models, the most important one first.
    package var checks: [Check] = []

    /// The health of a runtime with these models and checks.
    package init(
        models: [ModelList.Model], dependencies: [Check] = [], checks: [Check] = []
    ) {
        self.models = models
        self.dependencies = dependencies
        self.checks = checks
    }

    /// The rule of each health name.
    package var rules: [(name: String, rule: VerdictRule)] {
        let readiness = VerdictRule.all(
            alive + required + (dependencies + checks).map { .outcome($0.name) })
        // The models' own reasons say more than that they are being read.
        let startup = VerdictRule.all([
            .outcome(.draining),
            .any([.all(required + [.outcome(.startup)]), .outcome(.startup)]),
        ])
        let own = models.compactMap { model in model.healthName.map { ($0, rule(of: model)) } }
        return [
            (HealthName.server, readiness), (HealthName.readiness, readiness),
            (HealthName.skillService, readiness), (HealthName.liveness, .all(alive)),
            (HealthName.startup, startup),
        ] + own
    }

    /// Whether a model can serve, whatever the others and readiness are like.
    func rule(of model: ModelList.Model) -> VerdictRule {
        .all(alive + [.outcome(model.outcome)] + dependencies.map { .outcome($0.name) })
    }

    /// What is known at the start.
    var firstOutcomes: [OutcomeName: Outcome] {
        var outcomes: [OutcomeName: Outcome] = [
            .draining: .healthy, .progress: .healthy, .livenessDrill: .healthy,
            .startup: .notStarted,
        ]
        for model in models { outcomes[model.outcome] = .modelNotLoaded }
        for check in dependencies + checks { outcomes[check.name] = check.outcome }
        return outcomes
    }

    private var alive: [VerdictRule] { [.outcome(.draining)] + Self.life }

    /// What a process that serves needs in any phase: without it a restart is the remedy.
    private static let life: [VerdictRule] = [.outcome(.progress), .outcome(.livenessDrill)]

    /// Whether the process is alive, whatever its phase: unlike the health name, also during a drain.
    package static let aliveInAnyPhase = VerdictRule.all(life)

    /// The models that readiness needs; with their names where there are several.
    private var required: [VerdictRule] {
        models.filter(\.isRequired).map { model in
            let rule = VerdictRule.outcome(model.outcome)
            return models.count > 1 ? .labeled(model.name, rule) : rule
        }
    }
}
