// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HealthProtocol
import StatusBoard
import SystemIO
import Testing

@testable import Explaining

@Suite("A replay")
struct ReplayTests {
    private static let rules: [(name: String, rule: VerdictRule)] = [
        ("", .all([.outcome("db"), .outcome("z"), .outcome("a")])),
        ("readiness", .all([.outcome("db"), .outcome("z"), .outcome("a")])),
    ]
    private static let down = Outcome(.unhealthy, .dependency, reason: "connection refused")
    private static let blocked = Outcome(.unknown, .dependency, reason: "db is down")

    /// `a` needs `z`, which needs `db`: that is down for a minute, and then all are healthy again.
    private func outage() -> Scene {
        var scene = Scene(Self.rules, ["a": .healthy, "db": .healthy, "z": .healthy])
        let needs = { (name: String) in Scene.runs { $0.needs = [name] } }
        scene.report(Self.down, for: "db", at: 10_000, Scene.runs())
        scene.report(Self.blocked, for: "a", at: 10_001, needs("z"))
        scene.report(Self.blocked, for: "z", at: 10_002, needs("db"))
        scene.report(.healthy, for: "db", at: 70_000, Scene.runs())
        scene.report(.healthy, for: "z", at: 70_300, needs("db"))
        scene.report(.healthy, for: "a", at: 70_600, needs("z"))
        return scene
    }

    @Test(
        "One root cause comes first, with what needs it below it, then the names, with how long each lasted"
    )
    func rootCause() {
        let text = outage().text(at: 80_000, last: .seconds(3600))
        let replay = text.components(separatedBy: "\n\n").last ?? ""
        #expect(
            replay == """
                changes since 20:00:00 UTC, the oldest first; what was before is not kept
                20:00:10 UTC
                ├─ db: healthy -> unhealthy for 1 min: connection refused
                │  ├─ a: healthy -> unknown for 1 min: db is down
                │  └─ z: healthy -> unknown for 1 min: db is down
                └─ the whole server, readiness: SERVING -> NOT_SERVING for 1 min: connection refused
                20:01:10 UTC
                ├─ db: unhealthy -> healthy until now
                │  ├─ z: unknown -> healthy until now
                │  └─ a: unknown -> healthy until now
                ├─ the whole server, readiness: still NOT_SERVING for 0.6 s: db is down
                └─ the whole server, readiness: NOT_SERVING -> SERVING until now

                """)
    }

    @Test("Of a check that changes twice in a moment, what follows is below the change before it")
    func twice() {
        var scene = Scene(Self.rules, ["a": .healthy, "db": .healthy, "z": .healthy])
        let needs = Scene.runs { $0.needs = ["db"] }
        scene.report(Self.down, for: "db", at: 1_000, Scene.runs())
        scene.report(Self.blocked, for: "z", at: 1_001, needs)
        scene.report(.healthy, for: "db", at: 1_400, Scene.runs())
        scene.report(.healthy, for: "z", at: 1_401, needs)
        let causes = scene.explanation(at: 2_000, last: .seconds(60)).replay?.episodes[0].causes
        #expect(causes?.map(\.subjects) == [["db"], ["db"]])
        #expect(causes?.map { $0.children.map(\.change.to) } == [[.unknown], [.healthy]])
    }

    @Test("Only the changes of the time that was asked for are told")
    func window() {
        let replay = outage().explanation(at: 80_000, last: .seconds(20)).replay
        #expect(replay?.episodes.count == 1)
        #expect(replay?.isCut == false)
        #expect(
            outage().text(at: 80_000, last: .seconds(5)).contains("no changes since 20:01:15 UTC\n")
        )
        #expect(outage().explanation(at: 80_000).replay == nil)
    }

    @Test("Another cause of the same state is told as that, and what is no longer kept is counted")
    func causes() {
        var scene = Scene(Self.rules, ["a": .healthy, "db": .healthy, "z": .healthy])
        for second in 1...200 {
            let code: HealthReason = second % 2 == 0 ? .dependency : .stalled
            scene.report(
                Outcome(.unhealthy, code, reason: "\(second)"), for: "db",
                at: Int64(second) * 2_000)
        }
        let text = scene.text(at: 401_000, last: .seconds(3600))
        #expect(text.contains("db: still unhealthy until now: 200"))
        #expect(text.contains("more that are not kept)"))
    }

    @Test("The document for programs says the same")
    func json() throws {
        let explanation = outage().explanation(at: 80_000, last: .seconds(3600))
        let document = try JSONSerialization.jsonObject(with: Data(explanation.json))
        let root = try #require(document as? [String: Any])
        #expect(root["status"] as? String == "SERVING")
        let replay = try #require(root["replay"] as? [String: Any])
        let episodes = try #require(replay["episodes"] as? [[String: Any]])
        let causes = try #require(episodes[0]["causes"] as? [[String: Any]])
        #expect(causes.map { $0["names"] as? [String] } == [["db"]])
        #expect(causes[0]["lasted_seconds"] as? Double == 60)
        #expect(causes[0]["cause"] as? String == "connection refused")
        let followed = try #require(causes[0]["followed_by"] as? [[String: Any]])
        #expect(followed.map { $0["names"] as? [String] } == [["a"], ["z"]])
    }

    @Test("Checks that need each other in a circle, which settings forbid, end the search")
    func circle() {
        var scene = Scene(Self.rules, ["a": .healthy, "db": .healthy, "z": .healthy])
        scene.report(Self.down, for: "a", at: 1_000, Scene.runs { $0.needs = ["z"] })
        scene.report(Self.down, for: "z", at: 1_001, Scene.runs { $0.needs = ["a"] })
        #expect(!scene.text(at: 2_000, last: .seconds(60)).isEmpty)
    }
}
