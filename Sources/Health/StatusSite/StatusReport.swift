// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
package import StatusBoard
package import StatusPages
package import SystemIO

/// What is told of one moment: the board, its history and the figures, as far as the readers may know them. Pure.
package struct StatusReport: Sendable {
    /// Facts that do not change.
    package struct Service: Sendable {
        /// What is served, such as the skill's name.
        package var name: String
        package var version: String
        package var started: MonotonicTime

        /// A service.
        package init(name: String, version: String, started: MonotonicTime) {
            self.name = name
            self.version = version
            self.started = started
        }
    }

    /// A health name or a check.
    struct Line: Sendable {
        let name: String
        let outcome: Outcome
        /// When its state became what it is.
        let since: MonotonicTime
        let isHealthName: Bool
        /// The outcome that decided; nil for a check.
        let decidedBy: String?
        /// Why it is not healthy, as far as the readers may know it; nil when there is nothing to say.
        let why: String?
    }

    /// Health names and checks that are listed at most, of each.
    static let lineLimit = 100

    let service: Service
    let clock: PageClock
    let audience: PageAudience
    let figures: SiteFigures
    let history: ChangeHistory
    let headline: Headline
    /// In the order in which they were defined.
    let names: [Line]
    /// The worst first.
    let checks: [Line]
    /// How many more of both there are.
    let omitted: Int
    /// The newest revision whose changes these readers see.
    let revision: UInt64
    /// When a check has reported last, whatever it had to say.
    let reported: MonotonicTime

    package init(
        _ snapshot: Board.Snapshot, _ history: ChangeHistory, _ figures: SiteFigures,
        of service: Service, for audience: PageAudience, reported: MonotonicTime,
        at clock: PageClock
    ) {
        self.reported = reported
        self.service = service
        self.clock = clock
        self.audience = audience
        self.history = history
        self.figures = figures
        headline = Headline(snapshot, for: audience)
        names = snapshot.verdicts.prefix(Self.lineLimit).map { name, verdict in
            Line(name, verdict, history, for: audience)
        }
        checks = snapshot.entries.map { Line($0, $1, for: audience) }
            .sorted { ($1.outcome.state, $0.name) < ($0.outcome.state, $1.name) }
            .prefix(Self.lineLimit).map(\.self)
        omitted =
            snapshot.verdicts.count + snapshot.entries.count - names.count - checks.count
        revision = audience.revision(of: snapshot).number
    }

    /// The clock of another moment, which may be to come.
    func clock(at moment: MonotonicTime) -> PageClock {
        let wait = (moment - clock.now).wholeNanoseconds / 1_000_000
        return PageClock(
            now: moment, wall: Timestamp(milliseconds: clock.wall.milliseconds + wait))
    }

    /// Since when the whole server is as it is.
    var since: MonotonicTime { history.standings[.healthName("")]?.since ?? service.started }
}

extension StatusReport.Line {
    fileprivate init(
        _ name: String, _ verdict: Verdict, _ history: ChangeHistory, for audience: PageAudience
    ) {
        self.name = name
        outcome = verdict.outcome
        since = history.standings[.healthName(name)]?.since ?? history.start
        isHealthName = true
        decidedBy = verdict.decidedBy?.rawValue
        why = audience.why(verdict.outcome)
    }

    fileprivate init(_ name: OutcomeName, _ entry: Board.Entry, for audience: PageAudience) {
        self.name = name.rawValue
        outcome = entry.outcome
        since = entry.since
        isHealthName = false
        decidedBy = nil
        why = audience.why(entry.outcome)
    }
}

extension PageAudience {
    /// Why an outcome is not healthy.
    fileprivate func why(_ outcome: Outcome) -> String? {
        if self == .operators, !outcome.text.isEmpty { return outcome.text }
        return outcome.code?.words
    }
}
