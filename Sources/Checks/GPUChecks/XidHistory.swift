// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import SystemIO

/// What an Xid means for a device, by the lists of NVIDIA's DCGM.
struct XidRule: Equatable, Sendable {
    /// Xids that a user wants to be critical, and to be ignored.
    var critical: [Int] = []
    var ignored: [Int] = []
    /// How long one counts.
    var hold = Duration.seconds(300)

    /// After these a device does not work before it is reset.
    private static let critical = [48, 64, 74, 79, 95, 119, 120, 140]
    private static let warnings =
        [31, 32, 38, 39, 42, 43, 54, 56, 57, 58, 60, 61, 62, 63, 67, 73, 78, 94, 121, 137]

    /// The state of a device after this Xid; nil when it says nothing of it.
    func state(after xid: Int) -> Outcome.State? {
        if ignored.contains(xid) { return nil }
        if critical.contains(xid) || Self.critical.contains(xid) { return .unhealthy }
        return Self.warnings.contains(xid) ? .degraded : nil
    }
}

/// The Xids of the last minutes: the driver tells each once. Pure.
struct XidHistory {
    private struct Key: Hashable {
        let device: Int?
        let code: Int
    }

    private let rule: XidRule
    /// When each came last. Bounded: only devices of answers and codes of the rule.
    private var times: [Key: MonotonicTime] = [:]

    /// Without Xids.
    init(_ rule: XidRule) { self.rule = rule }

    /// Takes those of an answer.
    mutating func take(_ xids: [GPUAnswer.Xid], at now: MonotonicTime) {
        for xid in xids where rule.state(after: xid.code) != nil && (xid.index ?? 0) < 64 {
            times[Key(device: xid.index, code: xid.code)] = now
        }
        times = times.filter { now - $0.value < rule.hold }
    }

    /// Those that count: the worst first.
    func current(at now: MonotonicTime) -> [(
        xid: GPUAnswer.Xid, state: Outcome.State, age: Duration
    )] {
        times.compactMap { key, time in
            rule.state(after: key.code).map {
                (GPUAnswer.Xid(index: key.device, code: key.code), $0, now - time)
            }
        }
        .filter { $0.age < rule.hold }
        .sorted {
            ($0.state, $1.xid.index ?? 0, $1.xid.code) > ($1.state, $0.xid.index ?? 0, $0.xid.code)
        }
    }
}
