// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import HTTPRouting
import HealthProtocol
import StatusBoard
import SystemIO
import Testing

@testable import StatusPages

/// A board like that of the runtime, in simulated time, and its pages.
struct PagesFixture {
    /// 2026-11-21T09:30:00Z, which is ``now`` on the wall clock.
    static let wall = Timestamp(milliseconds: 1_795_253_400_000)
    static let now = at(1000)
    static let identity = ServiceIdentity(
        service: "echo", version: "0.1.0", instance: "echo-1f2e3d4c", start: at(400))

    static let low = Outcome(
        .unhealthy, .lowMemory, reason: "low memory in /sys/fs/cgroup", figures: "12 MiB")
    static let slow = Outcome(.degraded, .stalled, reason: "the files do not answer")
    static let draining = Outcome(.unhealthy, .draining, reason: "draining")
    static let maintenance = Outcome(.unhealthy, .maintenance, reason: "in maintenance")

    let board: Board

    /// A board of a service that runs.
    init() {
        board = Board(
            rules: [
                ("", Self.readiness), ("readiness", Self.readiness),
                ("liveness", .all([.outcome("draining"), .outcome("progress")])),
                ("startup", .all([.outcome("draining"), .outcome("startup")])),
            ],
            outcomes: [
                "draining": .healthy, "progress": .healthy, "startup": .healthy,
                "model/a": .healthy, "memory": .healthy, "files": .healthy,
            ], at: Self.at(500))
    }

    /// A service that has not measured and not loaded anything.
    static func starting() -> PagesFixture {
        let fixture = PagesFixture()
        let loading = Outcome(.unhealthy, .loading, reason: "/models/secret.gguf is being read")
        fixture.report(["startup": loading, "model/a": loading, "memory": .unknown])
        return fixture
    }

    private static let readiness = VerdictRule.all(
        ["draining", "progress", "model/a", "memory"].map { .outcome($0) })

    static func at(_ seconds: Int64) -> MonotonicTime {
        MonotonicTime(nanoseconds: seconds * 1_000_000_000)
    }

    /// Takes outcomes ten seconds ago.
    func report(_ outcomes: [OutcomeName: Outcome?]) {
        board.report(outcomes, at: Self.at(990), duration: .microseconds(1500))
    }

    func moment(_ audience: PageAudience = .everybody) -> PageMoment {
        let clock = PageClock(now: Self.now, wall: Self.wall)
        let context = PageContext(identity: Self.identity, audience: audience, clock: clock)
        return PageMoment(board.snapshot, context, reported: board.lastReported)
    }

    /// `/health` as a query asks for it.
    func health(
        _ format: HealthFormat = .json, verbose: Bool = false, excluding names: [String] = [],
        for audience: PageAudience = .everybody
    ) -> HTTPResponse {
        moment(audience).health(format, isVerbose: verbose, excluding: names)
    }

    /// The page of a group.
    func group(
        _ group: HealthGroup, verbose: Bool = false, excluding names: [String] = [],
        for audience: PageAudience = .everybody
    ) -> HTTPResponse {
        moment(audience).group(group, isVerbose: verbose, excluding: names)
    }
}

extension HTTPResponse {
    /// The body.
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The value of a field.
    subscript(name: String) -> String? { fields.first { "\($0.name)" == name }?.value }
}
