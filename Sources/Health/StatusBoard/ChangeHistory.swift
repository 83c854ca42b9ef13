// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import HealthProtocol
package import SystemIO
import Text

/// What has changed on a board in the last hour, in a bounded number of entries. Pure: the time comes in with each snapshot.
///
/// A name that changes often loses its own oldest entries first: it cannot push out what is known of the others.
package struct ChangeHistory: Sendable {
    /// What changes: a health name with its verdict, or an outcome.
    package enum Subject: Hashable, Comparable, Sendable {
        case outcome(OutcomeName)
        case healthName(String)

        /// Outcomes come first, as causes do.
        package static func < (left: Self, right: Self) -> Bool {
            switch (left, right) {
            case (.outcome, .healthName): true
            case (.healthName, .outcome): false
            case (.outcome(let left), .outcome(let right)): left.rawValue < right.rawValue
            case (.healthName(let left), .healthName(let right)): left < right
            }
        }
    }

    /// How a subject is, and since when.
    package struct Standing: Equatable, Sendable {
        package var state: Outcome.State
        package var code: HealthReason?
        /// When the state became what it is.
        package var since: MonotonicTime
    }

    /// One change of a subject.
    package struct Change: Equatable, Sendable {
        package let subject: Subject
        /// The state before; nil when the subject was new.
        package let from: Outcome.State?
        /// The state after; nil when the subject was withdrawn.
        package let to: Outcome.State?
        /// The kind of cause of the new state; nil when there is none to name.
        package let code: HealthReason?
        package let at: MonotonicTime
        /// The cause of the new state, for operators; empty when there is none.
        package let reason: String
        /// How many changes of this subject, right before this one, are no longer here.
        package fileprivate(set) var skipped = 0
    }

    /// How far back changes are kept.
    package static let span = Duration.seconds(3600)
    /// Changes that are kept at most: 30 KiB.
    package static let capacity = 128
    /// Bytes of a reason that are kept.
    package static let reasonLimit = 120

    /// The changes, the oldest first.
    package private(set) var changes: [Change] = []
    /// How many of them each subject has. Counted anew for each change they were a third of what a change of a busy board cost.
    private var counts: [Subject: Int] = [:]
    /// Every subject of the newest snapshot.
    package private(set) var standings: [Subject: Standing] = [:]
    /// What was before that is not known.
    package private(set) var start: MonotonicTime
    /// Of the newest snapshot.
    private var revision: UInt64

    /// A history that begins with what a board says now.
    package init(_ snapshot: Board.Snapshot, at now: MonotonicTime) {
        start = now
        revision = snapshot.revision
        standings = Self.standings(in: snapshot, at: now)
    }

    /// Takes the newest snapshot. A new state, or a new kind of cause, is a change; other texts and figures are none.
    package mutating func take(_ snapshot: Board.Snapshot, at now: MonotonicTime) {
        let isNext = snapshot.revision == revision &+ 1
        revision = snapshot.revision
        var changes: [Change] = []
        if isNext, let news = snapshot.news {
            for name in news {
                let standing = snapshot.entries[name].map {
                    Standing($0.outcome, since: $0.since)
                }
                note(.outcome(name), standing, in: snapshot, at: now, &changes)
            }
            Self.forEachVerdict(of: snapshot, at: now) {
                note($0, $1, in: snapshot, at: now, &changes)
            }
        } else {
            var count = 0
            Self.forEachSubject(of: snapshot, at: now) { subject, standing in
                count += 1
                note(subject, standing, in: snapshot, at: now, &changes)
            }
            if count < standings.count { changes += withdraw(allBut: snapshot, at: now) }
        }
        for change in changes.sorted(by: { $0.subject < $1.subject }) { append(change) }
    }

    /// Notes how a subject is now; nil for one that was withdrawn.
    private mutating func note(
        _ subject: Subject, _ standing: Standing?, in snapshot: Board.Snapshot,
        at now: MonotonicTime, _ changes: inout [Change]
    ) {
        let old = standings[subject]
        if old?.state == standing?.state, old?.code == standing?.code { return }
        standings[subject] = standing
        if let old, old.state == standing?.state { standings[subject]?.since = old.since }
        let reason = Self.reason(of: subject, in: snapshot)
        changes.append(Change(subject, from: old, to: standing, reason, at: now))
    }

    /// Takes out the subjects that a snapshot does not have.
    private mutating func withdraw(
        allBut snapshot: Board.Snapshot, at now: MonotonicTime
    ) -> [Change] {
        let left = Self.standings(in: snapshot, at: now)
        let gone = standings.filter { left[$0.key] == nil }
        for subject in gone.keys { standings[subject] = nil }
        return gone.map { Change($0, from: $1, at: now) }
    }

    /// The changes of the last hour, the newest first.
    package func recent(at now: MonotonicTime) -> [Change] {
        changes.filter { now - $0.at <= Self.span }.reversed()
    }

    private static func reason(of subject: Subject, in snapshot: Board.Snapshot) -> String {
        let outcome =
            switch subject {
            case .outcome(let name): snapshot.outcome(of: name)
            case .healthName(let name): snapshot.verdict(of: name)?.outcome
            }
        return PrintableText.prefix(of: outcome?.reason ?? "", bytes: reasonLimit)
    }

    private static func standings(
        in snapshot: Board.Snapshot, at now: MonotonicTime
    ) -> [Subject: Standing] {
        var standings: [Subject: Standing] = [:]
        forEachSubject(of: snapshot, at: now) { standings[$0] = $1 }
        return standings
    }

    private static func forEachSubject(
        of snapshot: Board.Snapshot, at now: MonotonicTime,
        _ body: (Subject, Standing) -> Void
    ) {
        snapshot.entries.visit { name, entry in
            body(.outcome(name), Standing(entry.outcome, since: entry.since))
        }
        forEachVerdict(of: snapshot, at: now, body)
    }

    private static func forEachVerdict(
        of snapshot: Board.Snapshot, at now: MonotonicTime,
        _ body: (Subject, Standing) -> Void
    ) {
        for (name, verdict) in snapshot.verdicts {
            body(.healthName(name), Standing(verdict.outcome, since: now))
        }
    }

    private mutating func append(_ change: Change) {
        let old = changes.prefix { change.at - $0.at > Self.span }.count
        for _ in 0..<old { forget(changes.removeFirst()) }
        if changes.count >= Self.capacity { dropOne() }
        changes.append(change)
        counts[change.subject, default: 0] += 1
    }

    /// Drops the oldest change of the subject that has the most.
    private mutating func dropOne() {
        let most = counts.values.max() ?? 0
        guard let index = changes.firstIndex(where: { counts[$0.subject] == most }) else { return }
        let dropped = changes.remove(at: index)
        forget(dropped)
        guard let next = changes.firstIndex(where: { $0.subject == dropped.subject }) else {
            // More subjects than places: the past before that change is lost as a whole.
            return start = dropped.at
        }
        changes[next].skipped += dropped.skipped + 1
    }

    private mutating func forget(_ change: Change) {
        let left = counts[change.subject, default: 1] - 1
        counts[change.subject] = left > 0 ? left : nil
    }
}

extension ChangeHistory.Standing {
    fileprivate init(_ outcome: Outcome, since: MonotonicTime) {
        self.init(state: outcome.state, code: outcome.code, since: since)
    }
}

extension ChangeHistory.Change {
    fileprivate init(
        _ subject: ChangeHistory.Subject, from old: ChangeHistory.Standing? = nil,
        to new: ChangeHistory.Standing? = nil, _ reason: String = "", at now: MonotonicTime
    ) {
        self.init(
            subject: subject, from: old?.state, to: new?.state, code: new?.code, at: now,
            reason: reason)
    }
}
