// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import StatusPages
import SystemIO

/// What has changed in a time that is over, the oldest first: causes before what follows from them, changes that came together
/// in one episode. Pure.
struct Replay: Sendable {
    /// Changes that came within a second of the first of them.
    struct Episode: Sendable {
        let at: MonotonicTime
        /// Outcomes, each below one that it needs and that has changed with it.
        let causes: [Event]
        /// Health names; those that changed alike are one.
        let names: [Event]
    }

    /// A change.
    struct Event: Sendable {
        /// What has changed: an outcome, or health names.
        var subjects: [String]
        let change: ChangeHistory.Change
        /// How long the new state lasted; nil when it still does.
        let lasted: Duration?
        var children: [Event] = []
    }

    /// From when on the changes are known, and told.
    let start: MonotonicTime
    /// Changes before that are not known: the time that was asked for is longer.
    let isCut: Bool
    let episodes: [Episode]

    private static let window = Duration.seconds(1)

    /// The changes of the last `duration`. `needs` names the checks that each check needs.
    init(
        _ history: ChangeHistory, of duration: Duration, needs: [String: [String]],
        at clock: PageClock
    ) {
        let known = max(history.start, clock.now + (.zero - ChangeHistory.span))
        let wanted = clock.now + (.zero - duration)
        start = max(known, wanted)
        isCut = known > wanted
        var groups: [[Event]] = []
        for event in Self.events(history, from: start, at: clock.now) {
            if let first = groups.last?.first, event.change.at - first.change.at <= Self.window {
                groups[groups.count - 1].append(event)
            } else {
                groups.append([event])
            }
        }
        episodes = groups.map { Episode($0, needs) }
    }

    /// The oldest first.
    private static func events(
        _ history: ChangeHistory, from start: MonotonicTime, at now: MonotonicTime
    ) -> [Event] {
        var events: [Event] = []
        var later: [ChangeHistory.Subject: MonotonicTime] = [:]
        for change in history.recent(at: now) where change.at >= start {
            let end = later.updateValue(change.at, forKey: change.subject)
            events.append(
                Event(
                    subjects: [change.subject.text], change: change,
                    lasted: end.map { $0 - change.at }))
        }
        return events.reversed()
    }
}

extension Replay.Episode {
    fileprivate init(_ events: [Replay.Event], _ needs: [String: [String]]) {
        at = events.first?.change.at ?? .distantFuture
        let outcomes = events.filter(\.change.subject.isOutcome)
        let changed = Set(outcomes.flatMap(\.subjects))
        var roots: [Replay.Event] = []
        var blocked: [(event: Replay.Event, root: String)] = []
        for event in outcomes {
            if let root = Self.root(of: event.subjects[0], in: changed, needs) {
                blocked.append((event, root))
            } else {
                roots.append(event)
            }
        }
        for (event, root) in blocked {
            // A root may have changed more than once: what follows belongs to its latest change before.
            let changes = roots.indices.filter { roots[$0].subjects == [root] }
            let before = changes.last { roots[$0].change.at <= event.change.at }
            guard let index = before ?? changes.first else { continue }
            roots[index].children.append(event)
        }
        causes = roots
        names = events.filter { !$0.change.subject.isOutcome }.reduce(into: []) { names, event in
            let like = names.firstIndex { $0.isLike(event) }
            if let like {
                names[like].subjects += event.subjects
            } else {
                names.append(event)
            }
        }
    }

    /// The check at the end of the chain of those that it needs and that have changed, too; nil when there is none.
    private static func root(
        of name: String, in changed: Set<String>, _ needs: [String: [String]]
    ) -> String? {
        var (root, seen) = (String?.none, Set([name]))
        var next = needs[name] ?? []
        while let need = next.first(where: { changed.contains($0) && !seen.contains($0) }) {
            root = need
            seen.insert(need)
            next = needs[need] ?? []
        }
        return root
    }
}

extension Replay.Event {
    fileprivate func isLike(_ other: Self) -> Bool {
        change.from == other.change.from && change.to == other.change.to
            && change.at == other.change.at && change.reason == other.change.reason
            && lasted == other.lasted
    }
}

extension ChangeHistory.Subject {
    var isOutcome: Bool { if case .outcome = self { true } else { false } }

    /// The name, as people have it.
    var text: String {
        switch self {
        case .outcome(let name): name.rawValue
        case .healthName(let name): HealthNameText.of(name)
        }
    }
}

/// Health names in texts.
enum HealthNameText {
    /// The empty name is the whole server's.
    static func of(_ name: String) -> String { name.isEmpty ? "the whole server" : name }
}
