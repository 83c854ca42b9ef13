// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import CheckSettings
import HealthProtocol
import StatusBoard

/// Which outcomes the health names of a wrapped command follow from. Pure.
///
/// | name | what it needs |
/// |---|---|
/// | `""`, `readiness` | no stop is asked for, the command runs, has not said that it is not ready, and its checks |
/// | `liveness` | no stop is asked for, the command runs, says that it is alive where it must, and its checks |
/// | `startup` | the command was ready once, and its checks |
struct WrapperHealth {
    private let checks: [CheckSetting]
    private let hasWatchdog: Bool
    private let waitsForReady: Bool

    init(_ options: WrapperOptions) {
        checks = options.checks
        hasWatchdog = options.health.watchdog > .zero
        waitsForReady = options.health.waitsForReady
    }

    /// The rule of each health name.
    var rules: [(name: String, rule: VerdictRule)] {
        let readiness = rule(
            life + [.outcome(.ready)], with: HealthName.readiness, isDraining: true)
        let known = [
            (HealthName.server, readiness), (HealthName.readiness, readiness),
            (HealthName.liveness, rule(life, with: HealthName.liveness, isDraining: true)),
            (
                HealthName.startup,
                rule([.outcome(.startup)], with: HealthName.startup, isDraining: true)
            ),
        ]
        let others = checks.groups.filter { name in !known.contains { $0.0 == name } }
        return known + others.map { ($0, rule([], with: $0, isDraining: true)) }
    }

    /// What is known at the start.
    var firstOutcomes: [OutcomeName: Outcome] {
        var outcomes: [OutcomeName: Outcome] = [
            .draining: .healthy, .command: .starting, .startup: .notReadyYet,
            .ready: waitsForReady ? .notReadyYet : .healthy,
        ]
        if hasWatchdog { outcomes[.watchdog] = .healthy }
        for check in checks { outcomes[.check(check.definition.name)] = .unknown }
        return outcomes
    }

    /// What a group comes to while the command runs, whether a stop was asked for or not: for restarts.
    func judgement(of group: String) -> VerdictRule {
        switch group {
        case HealthName.readiness:
            rule(watch + [.outcome(.ready)], with: group, isDraining: false)
        case HealthName.liveness: rule(watch, with: group, isDraining: false)
        default: rule([], with: group, isDraining: false)
        }
    }

    private var life: [VerdictRule] { [.outcome(.command)] + watch }

    private var watch: [VerdictRule] { hasWatchdog ? [.outcome(.watchdog)] : [] }

    private func rule(
        _ own: [VerdictRule], with group: String, isDraining: Bool
    ) -> VerdictRule {
        let draining: [VerdictRule] = isDraining ? [.outcome(.draining)] : []
        let composite: [VerdictRule] =
            checks.groups.contains(group)
            ? [.composite(Composite(of: group, in: checks.map(\.definition)))] : []
        return .all(draining + own + composite)
    }
}

extension Outcome {
    /// The command is being started.
    static let starting = Outcome(.unknown, .loading, reason: "the command is being started")

    /// The command has not been ready since it was started.
    static let notReadyYet = Outcome(
        .unhealthy, .loading, reason: "the command has not been ready yet")

    /// It does not run; `reason` is a sentence.
    static func notRunning(_ reason: String) -> Outcome {
        Outcome(.unhealthy, .loading, reason: reason)
    }

    /// It was stopped by a signal, as a shell does with Ctrl-Z.
    static let suspended = Outcome(.unhealthy, .stalled, reason: "the command was suspended")
}
