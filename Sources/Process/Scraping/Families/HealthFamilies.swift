// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import Exposition
package import StatusBoard
package import SystemIO

/// What the status board says, as metrics.
package enum HealthFamilies {
    static let up = MetricFamily(
        .gauge, "service_up",
        help: "1 while the server as a whole is SERVING, 0 while it is not.")
    static let serving = MetricFamily(
        .gauge, "vitals_health_serving",
        help: "1 while the health name is SERVING, 0 while it is not.")
    static let status = MetricFamily(
        .stateSet, "vitals_health_status", help: "The serving status of the health name.")
    static let transitions = MetricFamily(
        .counter, "vitals_health_transitions",
        help: "How often the health name has changed between SERVING and NOT_SERVING.")
    static let changed = MetricFamily(
        .gauge, "vitals_health_last_change_timestamp_seconds", unit: "seconds",
        help: "When the health name changed last; the start, if it never has.")
    static let check = MetricFamily(
        .stateSet, "vitals_check_state", help: "What the check has found.")
    static let checkChanged = MetricFamily(
        .gauge, "vitals_check_last_change_timestamp_seconds", unit: "seconds",
        help: "When the check has found another state last.")
    static let checkAge = MetricFamily(
        .gauge, "vitals_check_age_seconds", unit: "seconds",
        help: "How long ago the check has reported last, changed or not.")

    static let checkDuration = MetricFamily(
        .histogram, "vitals_check_duration_seconds", unit: "seconds",
        help: "How long the measurements of the check took.")

    /// Every family, without values.
    package static let all = [
        up, serving, status, transitions, changed, check, checkChanged, checkAge, checkDuration,
    ]

    /// The values of one moment; `server` is the health name that stands for all. `durations` are those of the board.
    package static func read(
        _ snapshot: Board.Snapshot, _ changes: HealthChanges, server: String = "",
        durations: [OutcomeName: DurationHistogram] = [:], at now: MonotonicTime = .now()
    ) -> [MetricFamily] {
        var (up, serving, status) = (up, serving, status)
        var (transitions, changed) = (transitions, changed)
        for (name, verdict) in snapshot.verdicts {
            let label = MetricLabel("name", name)
            if name == server { up.add(.integer(verdict.isServing ? 1 : 0)) }
            serving.add(.integer(verdict.isServing ? 1 : 0), label)
            status.add(
                .states([
                    MetricState("SERVING", isCurrent: verdict.isServing),
                    MetricState("NOT_SERVING", isCurrent: !verdict.isServing),
                ]), label)
            guard let change = changes.changes(of: name) else { continue }
            transitions.add(.integer(change.count), label)
            changed.add(.number(change.latest), label)
        }
        return [up, serving, status, transitions, changed]
            + checks(snapshot, changes, durations, at: now)
    }

    private static func checks(
        _ snapshot: Board.Snapshot, _ changes: HealthChanges,
        _ durations: [OutcomeName: DurationHistogram], at now: MonotonicTime
    ) -> [MetricFamily] {
        var (check, changed, age) = (check, checkChanged, checkAge)
        var duration = checkDuration
        for (name, entry) in snapshot.entries.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let label = MetricLabel("check", name.rawValue)
            check.add(
                .states(
                    Self.states.map { state, text in
                        MetricState(text, isCurrent: entry.outcome.state == state)
                    }), label)
            if let time = changes.latestChange(of: name) { changed.add(.number(time), label) }
            age.add(.number((now - entry.reported).roundedSeconds), label)
            // An event took none.
            if let times = durations[name] {
                duration.add(.histogram(HistogramValue(times)), label)
            }
        }
        return [check, changed, age, duration]
    }

    private static let states: [(Outcome.State, String)] = [
        (.healthy, "healthy"), (.degraded, "degraded"), (.unknown, "unknown"),
        (.unhealthy, "unhealthy"),
    ]
}
