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

    /// A health name that configured checks decide, alone or with what the runtime knows itself.
    package struct Group: Sendable {
        package let name: String
        package let composite: Composite

        package init(_ name: String, _ composite: Composite) {
            self.name = name
            self.composite = composite
        }
    }

    /// The models, in the order in which they were given.
    package var models: [ModelList.Model]
    /// What every model needs beside its file.
    package var dependencies: [Check] = []
    /// What readiness needs beside the models, the most important one first.
    package var checks: [Check] = []
    /// Groups of configured checks.
    package var groups: [Group] = []
    /// The outcomes of all configured checks, also of those that decide nothing.
    package var configured: [OutcomeName] = []

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
            alive + required + (dependencies + checks).map { .outcome($0.name) }
                + checks(of: HealthName.readiness))
        // The models' own reasons say more than that they are being read.
        let startup = VerdictRule.all(
            [
                .outcome(.draining),
                .any([.all(required + [.outcome(.startup)]), .outcome(.startup)]),
            ] + checks(of: HealthName.startup))
        let liveness = VerdictRule.all(alive + checks(of: HealthName.liveness))
        let own = models.compactMap { model in model.healthName.map { ($0, rule(of: model)) } }
        let known = [
            (HealthName.server, readiness), (HealthName.readiness, readiness),
            (HealthName.skillService, readiness), (HealthName.liveness, liveness),
            (HealthName.startup, startup),
        ]
        let others = groups.map(\.name).filter { name in !known.contains { $0.0 == name } }
        return known + own + others.map { ($0, .all([.outcome(.draining)] + checks(of: $0))) }
    }

    /// The configured checks of a health name.
    private func checks(of name: String) -> [VerdictRule] {
        groups.filter { $0.name == name }.map { .composite($0.composite) }
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
        for name in configured { outcomes[name] = .unknown }
        return outcomes
    }

    private var alive: [VerdictRule] { [.outcome(.draining)] + Self.life }

    /// What a process that serves needs in any phase: without it a restart is the remedy.
    private static let life: [VerdictRule] = [.outcome(.progress), .outcome(.livenessDrill)]

    /// Whether the process is alive, whatever its phase: unlike the health name, also during a drain.
    package var aliveInAnyPhase: VerdictRule {
        .all(Self.life + checks(of: HealthName.liveness))
    }

    /// The models that readiness needs; with their names where there are several.
    private var required: [VerdictRule] {
        models.filter(\.isRequired).map { model in
            let rule = VerdictRule.outcome(model.outcome)
            return models.count > 1 ? .labeled(model.name, rule) : rule
        }
    }
}
