// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import StatusBoard
import StatusPages
import SystemIO
import Testing

@testable import StatusSite

/// A board whose reports are made at a moment of the test's own.
struct Reports {
    static let rules: [(name: String, rule: VerdictRule)] = [
        ("", .all([.outcome("draining"), .outcome("memory"), .outcome("model/demo")])),
        ("liveness", .outcome("draining")),
        ("startup", .outcome("startup")),
    ]
    static let healthy: [OutcomeName: Outcome] = [
        "draining": .healthy, "memory": .healthy, "model/demo": .healthy, "startup": .healthy,
    ]
    /// 2026-11-27T20:00:00Z.
    static let wall: Int64 = 1_795_809_600_000

    let board: Board
    var history: ChangeHistory
    var figures = SiteFigures()
    var name = "demo"
    var now = Self.at(0)

    init(_ outcomes: [OutcomeName: Outcome] = Self.healthy) {
        board = Board(rules: Self.rules, outcomes: outcomes, at: Self.at(0))
        history = ChangeHistory(board.snapshot, at: Self.at(0))
    }

    static func at(_ seconds: Int64) -> MonotonicTime {
        MonotonicTime(nanoseconds: (10_000 + seconds) * 1_000_000_000)
    }

    /// Reports an outcome so many seconds after the start.
    mutating func report(_ outcome: Outcome?, for name: OutcomeName, at second: Int64) {
        now = Self.at(second)
        board.report([name: outcome], at: now)
        history.take(board.snapshot, at: now)
    }

    func report(for audience: PageAudience = .everybody) -> StatusReport {
        let wall = Self.wall + (now - Self.at(0)).components.seconds * 1000
        return StatusReport(
            board.snapshot, history, figures,
            of: .init(name: name, version: "1.2.3", started: Self.at(0)), for: audience,
            reported: board.lastReported,
            at: PageClock(now: now, wall: Timestamp(milliseconds: wall)))
    }

    func json(for audience: PageAudience = .everybody) throws -> [String: Any] {
        let data = Data(report(for: audience).json)
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    func page(for audience: PageAudience = .everybody) -> String {
        String(decoding: report(for: audience).page, as: UTF8.self)
    }
}
