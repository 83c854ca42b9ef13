// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import SystemIO

/// How something is, from the best to the worst.
public enum CheckState: String, Comparable, Sendable {
    /// It works.
    case healthy
    /// It works less well than it should, and still serves.
    case degraded
    /// It is not known: there is no result, only an old one, or what it needs is down.
    case unknown
    /// It does not work.
    case unhealthy

    init(_ state: Outcome.State) {
        switch state {
        case .healthy: self = .healthy
        case .degraded: self = .degraded
        case .unknown: self = .unknown
        case .unhealthy: self = .unhealthy
        }
    }

    private var rank: Int {
        switch self {
        case .healthy: 0
        case .degraded: 1
        case .unknown: 2
        case .unhealthy: 3
        }
    }

    /// Orders states by how bad they are.
    public static func < (left: CheckState, right: CheckState) -> Bool { left.rank < right.rank }
}

/// What is known of a check.
public struct CheckStatus: Sendable {
    /// The name of the check.
    public let name: String
    /// How its target is, by its thresholds.
    public let state: CheckState
    /// Why it is not healthy, for an operator; empty when it is.
    public let cause: String
    /// How long it has been in this state.
    public let age: Duration
    /// How long the latest run took.
    public let duration: Duration

    /// Of an outcome; nil for a check that the loop does not know yet.
    init(_ name: String, _ entry: Board.Entry?) {
        let outcome = entry?.outcome ?? .unknown
        self.name = name
        state = CheckState(outcome.state)
        cause = outcome.text
        age = entry.map { .now() - $0.since } ?? .zero
        duration = entry?.duration ?? .zero
    }
}

/// What the checks of a group come to.
public struct GroupStatus: Sendable {
    /// The name of the group.
    public let name: String
    /// How it is.
    public let state: CheckState
    /// Why it is not healthy, for an operator; empty when it is.
    public let cause: String
    /// Whether it can serve: healthy or degraded.
    public let isServing: Bool

    init(_ name: String, _ verdict: Verdict) {
        self.name = name
        state = CheckState(verdict.outcome.state)
        cause = verdict.outcome.text
        isServing = verdict.isServing
    }
}

/// A new state, or a new cause, of a check or of a group.
public struct CheckChange: Equatable, Sendable {
    /// A check or a group.
    public enum Subject: Hashable, Sendable {
        /// A check, by its name.
        case check(String)
        /// What the checks of a group come to.
        case group(String)
    }

    /// What has changed.
    public let subject: Subject
    /// The state before; nil when the subject is new.
    public let from: CheckState?
    /// The state now; nil when the subject was taken out.
    public let to: CheckState?
    /// Why it is not healthy, for an operator; empty when it is.
    public let cause: String

    private init?(_ subject: Subject, _ earlier: Outcome?, _ outcome: Outcome?) {
        if earlier?.state == outcome?.state, earlier?.reason == outcome?.reason { return nil }
        self.subject = subject
        from = earlier.map { CheckState($0.state) }
        to = outcome.map { CheckState($0.state) }
        cause = outcome?.text ?? ""
    }

    /// Checks by name, as causes come first, then groups.
    static func all(from earlier: Board.Snapshot, to snapshot: Board.Snapshot) -> [CheckChange] {
        let checks = Set(earlier.entries.keys).union(snapshot.entries.keys)
        let groups = Set(earlier.rules.map(\.name)).union(snapshot.rules.map(\.name))
        return checks.sorted { $0.rawValue < $1.rawValue }.compactMap { name in
            CheckChange(
                .check(name.rawValue), earlier.outcome(of: name), snapshot.outcome(of: name))
        }
            + groups.sorted().compactMap { name in
                CheckChange(
                    .group(name), earlier.verdict(of: name)?.outcome,
                    snapshot.verdict(of: name)?.outcome)
            }
    }
}
