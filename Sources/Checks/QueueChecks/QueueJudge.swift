// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import StatusBoard
import SystemIO

/// Judges what is measured of one queue, run after run. Belongs to the loop of its check.
final class QueueJudge {
    private let limits: QueueLimits
    private var growth = GrowthRate()

    init(_ limits: QueueLimits) { self.limits = limits }

    /// What a depth means; `age` is that of the oldest entry, nil when it is not known or there is none.
    func result(of depth: Double, age: Duration? = nil, at now: MonotonicTime) -> CheckResult {
        guard depth.isFinite, depth >= 0 else {
            return CheckResult(.unhealthy, "its depth is \(depth), which no queue has")
        }
        growth.add(depth, at: now)
        var details = ["depth": Self.text(depth)]
        var findings: [(state: Outcome.State, cause: String)] = []
        if let max = limits.max, depth > max {
            findings.append((.unhealthy, Self.length(depth, above: max)))
        } else if let warn = limits.warn, depth > warn {
            findings.append((.degraded, Self.length(depth, above: warn)))
        }
        if let age {
            details["age_seconds"] = Self.text(age / .seconds(1))
            if let limit = limits.maxAge, age > limit {
                let (seconds, most) = (Self.text(age / .seconds(1)), Self.text(limit / .seconds(1)))
                findings.append(
                    (.unhealthy, "its oldest entry waits for \(seconds) s, more than \(most) s"))
            }
        }
        if let rate = growth.perSecond {
            details["growth_per_second"] = Self.text(rate)
            if let limit = limits.maxGrowth, rate > limit {
                let cause = "it grows by \(Self.text(rate)) a second, more than \(Self.text(limit))"
                findings.append((.degraded, cause))
            }
        }
        let state = findings.map(\.state).max() ?? .healthy
        let cause = findings.map(\.cause).joined(separator: "; ")
        return CheckResult(state, cause, details: details)
    }

    private static func length(_ depth: Double, above limit: Double) -> String {
        "it has \(text(depth)) entries, more than \(text(limit))"
    }

    /// A whole number without a fraction, others with one digit of it.
    private static func text(_ number: Double) -> String {
        let tenths = (number * 10).rounded()
        guard tenths.magnitude < 1e15 else { return "\(number)" }
        let whole = Int(tenths)
        return whole % 10 == 0
            ? "\(whole / 10)"
            : "\(whole < 0 ? "-" : "")\(whole.magnitude / 10).\(whole.magnitude % 10)"
    }
}
