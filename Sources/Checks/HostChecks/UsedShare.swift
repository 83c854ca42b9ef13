// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import StatusBoard

/// Per cent of something that are used.
struct UsedShare: Equatable, Sendable {
    /// What it is a part of: `the disk`.
    let name: String
    let percent: Double

    /// Of two numbers; nil when there is nothing to be used.
    init?(of name: String, used: UInt64, total: UInt64) {
        if total == 0 { return nil }
        self.name = name
        percent = Double(min(used, total)) / Double(total) * 100
    }

    /// Rounded down: a limit that is shown as reached is reached.
    var text: String { "\(Int(percent)) %" }
}

/// From which share on something is degraded, and from which on it is unhealthy.
struct UsedLimits: Equatable, Sendable {
    let degraded: Double
    /// Nil for never.
    let unhealthy: Double?

    /// The limits of these per cents.
    init(degraded: Double, unhealthy: Double? = nil) {
        self.degraded = degraded
        self.unhealthy = unhealthy
    }

    /// Takes `degraded` and `unhealthy`.
    init(_ options: inout CheckOptions, degraded: Double) throws(CheckOptionError) {
        unhealthy = try options.takePercent("unhealthy")
        let given = try options.takePercent("degraded")
        self.degraded = given ?? min(degraded, unhealthy ?? degraded)
        if let unhealthy, unhealthy < self.degraded {
            throw CheckOptionError("unhealthy", "is less than degraded")
        }
    }

    /// What a share means.
    func result(of share: UsedShare) -> CheckResult {
        let state: Outcome.State
        let limit: Double
        if let unhealthy, share.percent >= unhealthy {
            (state, limit) = (.unhealthy, unhealthy)
        } else if share.percent >= degraded {
            (state, limit) = (.degraded, degraded)
        } else {
            return .healthy
        }
        return CheckResult(
            state, "\(share.text) of \(share.name) are used (limit \(Self.text(limit)) %)")
    }

    private static func text(_ limit: Double) -> String {
        limit == limit.rounded() ? String(Int(limit)) : String(limit)
    }
}

extension CheckResult {
    /// The worst of several, with all their causes.
    static func worst(_ results: [CheckResult], details: [String: String]) -> CheckResult {
        let bad = results.filter { $0.state != .healthy }
        guard let state = bad.map(\.state).max() else {
            return CheckResult(.healthy, details: details)
        }
        let causes = bad.map(\.cause).joined(separator: "; ")
        return CheckResult(state, causes, details: details)
    }
}

extension CheckOptions {
    /// Takes a number of per cents, with or without the sign.
    mutating func takePercent(_ name: String) throws(CheckOptionError) -> Double? {
        try take(name, "a percentage from 0 to 100, such as 90") { text in
            let digits = text.utf8.last == UInt8(ascii: "%") ? String(text.dropLast()) : text
            return CheckNumber.decimal(digits).flatMap { (0...100).contains($0) ? $0 : nil }
        }
    }
}
