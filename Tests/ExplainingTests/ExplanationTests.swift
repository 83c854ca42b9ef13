// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import StatusBoard
import StatusPages
import SystemIO
import Testing

@testable import Explaining

/// A board whose reports are made at moments of the test's own.
struct Scene {
    let board: Board
    var history: ChangeHistory
    var now = Self.at(0)

    init(_ rules: [(name: String, rule: VerdictRule)], _ outcomes: [OutcomeName: Outcome]) {
        board = Board(rules: rules, outcomes: outcomes, at: Self.at(0))
        history = ChangeHistory(board.snapshot, at: Self.at(0))
    }

    /// So many milliseconds after the start.
    static func at(_ milliseconds: Int64) -> MonotonicTime {
        MonotonicTime(nanoseconds: 10_000_000_000_000 + milliseconds * 1_000_000)
    }

    mutating func report(
        _ outcome: Outcome?, for name: OutcomeName, at milliseconds: Int64,
        _ prospect: Prospect? = nil
    ) {
        now = Self.at(milliseconds)
        board.report([name: outcome], at: now, prospect: prospect)
        history.take(board.snapshot, at: now)
    }

    func explanation(
        at milliseconds: Int64, last: Duration? = nil,
        remedy: @escaping Explanation.Remedy = { _, _ in nil }
    ) -> Explanation {
        // 2026-11-27T20:00:00Z at the start.
        let wall = Timestamp(milliseconds: 1_795_809_600_000 + milliseconds)
        return Explanation(
            board.snapshot, history, last: last,
            at: PageClock(now: Self.at(milliseconds), wall: wall), remedy: remedy)
    }

    func text(
        at milliseconds: Int64, last: Duration? = nil,
        remedy: @escaping Explanation.Remedy = { _, _ in nil }
    ) -> String {
        let explanation = explanation(at: milliseconds, last: last, remedy: remedy)
        return String(decoding: explanation.text, as: UTF8.self)
    }

    static func runs(_ change: (inout RunProspect) -> Void = { _ in }) -> Prospect {
        var runs = RunProspect(fall: 3, rise: 2)
        runs.latest = .unhealthy
        runs.nextRun = at(1_800)
        change(&runs)
        return .runs(runs)
    }
}

@Suite("An explanation")
struct ExplanationTests {
    private static let down = Outcome(.unhealthy, .dependency, reason: "connection refused")
    private static let rules: [(name: String, rule: VerdictRule)] = [
        ("", .all([.outcome("memory"), .outcome("redis"), .outcome("web")])),
        ("readiness", .all([.outcome("memory"), .outcome("redis"), .outcome("web")])),
        ("liveness", .outcome("progress")),
    ]
    private static let healthy: [OutcomeName: Outcome] = [
        "memory": .healthy, "redis": .healthy, "web": .healthy, "progress": .healthy,
    ]

    @Test(
        "Names with the same cause are one, what needs a check is below it, and each says what would change it"
    )
    func tree() {
        var scene = Scene(Self.rules, Self.healthy)
        scene.report(Self.down, for: "redis", at: 1_000, Scene.runs())
        let blocked = Outcome(.unknown, .dependency, reason: "redis is down")
        scene.report(
            blocked, for: "web", at: 1_000,
            Scene.runs { runs in
                runs.needs = ["redis"]
                runs.blockedBy = "redis"
            })
        #expect(
            scene.text(at: 1_500) == """
                NOT_SERVING for 0.5 s, since 20:00:01 UTC: connection refused

                the whole server, readiness: NOT_SERVING for 0.5 s, since 20:00:01 UTC: connection refused
                ├─ to become SERVING: redis, web
                ├─ redis: unhealthy for 0.5 s, since 20:00:01 UTC: connection refused
                │  ├─ to change: 2 good runs in a row (rise 2): the next in 0.3 s
                │  └─ web: unknown for 0.5 s, since 20:00:01 UTC: redis is down
                │     └─ to change: redis has to recover; then the next run decides
                └─ healthy: memory

                liveness: SERVING for 1.5 s, since 20:00:00 UTC
                └─ healthy: progress

                """)
    }

    @Test("Good results that have come already are counted, and a run under way is told")
    func counted() {
        var scene = Scene(Self.rules, Self.healthy)
        scene.report(
            Self.down, for: "redis", at: 1_000,
            Scene.runs { runs in
                (runs.latest, runs.contradictions) = (.healthy, 1)
            })
        #expect(scene.text(at: 1_500).contains("1 good run (rise 2, 1 seen): the next in 0.3 s"))
        #expect(
            scene.text(at: 1_900).contains(
                "1 good run (rise 2, 1 seen): one is under way, or about to begin"))
    }

    @Test(
        "A healthy check that begins to fail says how near it is, and thresholds say what they have spared"
    )
    func warnings() {
        var scene = Scene(Self.rules, Self.healthy)
        scene.report(
            .healthy, for: "redis", at: 1_000,
            Scene.runs { runs in
                (runs.latestCause, runs.contradictions) = ("timed out after 1 s", 2)
                (runs.changes, runs.resultChanges) = (1, 9)
            })
        let text = scene.text(at: 1_500)
        #expect(
            text.contains(
                "├─ redis: healthy for 1.5 s, since 20:00:00 UTC\n"
                    + "│  ├─ 2 of 3 results in a row that make it worse (fall 3): timed out after 1 s\n"
                    + "│  └─ would have flapped 9 times without fall 3 and rise 2: has changed 1 times\n"
            ))
        #expect(scene.explanation(at: 1_500).isServing)
    }

    @Test("What the program knows is told where the producer says nothing, and after what it says")
    func remedies() {
        var scene = Scene(Self.rules, Self.healthy)
        let low = Outcome(.unhealthy, .lowMemory, reason: "low memory")
        scene.report(low, for: "memory", at: 0)
        let remedy: Explanation.Remedy = { name, _ in "free some \(name.rawValue)" }
        #expect(scene.text(at: 10, remedy: remedy).contains("to change: free some memory\n"))
        scene.report(low, for: "memory", at: 20, .ends(Scene.at(60_020)))
        #expect(
            scene.text(at: 20, remedy: remedy).contains(
                "to change: ends by itself in 1 min, or free some memory\n"))
        scene.report(low, for: "memory", at: 20, .final)
        #expect(
            scene.text(at: 20, remedy: remedy).contains(
                "to change: nothing: this does not change any more\n"))
    }

    @Test("What decides nothing is told apart")
    func others() {
        var scene = Scene(Self.rules, Self.healthy)
        scene.report(Self.down, for: "spare", at: 0, Scene.runs { $0.isDry = true })
        let explanation = scene.explanation(at: 100)
        #expect(explanation.isServing)
        #expect(explanation.others.map(\.name) == ["spare"])
        #expect(explanation.others[0].notes == ["dry: decides nothing"])
    }

    @Test("A cause with line ends and drawing in it stays one line")
    func hostileCause() {
        var scene = Scene(Self.rules, Self.healthy)
        let hostile = Outcome(
            .unhealthy, .dependency,
            reason: "bad\n└─ SERVING\u{1b}[2J" + String(repeating: "x", count: 5000))
        scene.report(hostile, for: "redis", at: 0)
        let lines = scene.text(at: 0).split(separator: "\n")
        #expect(!lines.contains { $0.hasPrefix("└─ SERVING") })
        #expect(!scene.text(at: 0).contains("\u{1b}"))
        #expect(lines.allSatisfy { $0.utf8.count < 1200 })
    }

    @Test("A snapshot of a thousand failing checks has a bounded explanation")
    func bounded() {
        var outcomes: [OutcomeName: Outcome] = [:]
        for index in 0..<1_000 { outcomes[OutcomeName(rawValue: "check\(index)")] = Self.down }
        let scene = Scene([("", .all(outcomes.keys.map { .outcome($0) }))], outcomes)
        #expect(scene.explanation(at: 0).names[0].rows.count == RowMaker.limit)
    }

    @Test("Durations are told in the units that people use")
    func durations() {
        let cases: [(Duration, String)] = [
            (.milliseconds(3), "3 ms"), (.milliseconds(840), "0.8 s"), (.seconds(5), "5 s"),
            (.milliseconds(12_700), "12 s"), (.seconds(65), "1 min 5 s"), (.seconds(120), "2 min"),
            (.seconds(7_380), "2 h 3 min"), (.seconds(273_600), "3 d 4 h"), (.seconds(-1), "0 ms"),
        ]
        for (duration, words) in cases { #expect(duration.words == words) }
    }
}
