// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import EventLoops
import HTTP1Wire
import HTTPRouting
import StatusBoard
import Synchronization
import SystemIO
import TestSupport
import Testing

@testable import Heartbeats

@Suite("Heartbeats over HTTP")
struct HeartbeatServiceTests {
    private static let token = "0123456789abcdef"

    private let batch: HeartbeatCheck
    private let backup: HeartbeatCheck
    private let desk: HeartbeatDesk

    init() throws {
        batch = try HeartbeatCheck(nil, CheckOptions())
        let folder = try TemporaryFolder()
        let file = folder.path + "/token"
        try folder.write(Array((Self.token + "\n").utf8), to: "token")
        backup = try HeartbeatCheck(
            nil, CheckOptions(["token-file": [file], "within": ["1h"]]))
        desk = HeartbeatDesk([("batch", batch), ("backup", backup)])
    }

    private func post(
        _ path: String, _ body: String = "", query: String? = nil, token: String? = nil,
        asksForToken: Bool = false
    ) throws -> HTTPResponse {
        let loop = try EventLoopGroup(count: 1)
        defer { loop.stop() }
        let routes = HTTPRoutes(
            of: [HeartbeatService(desk, asksForToken: asksForToken)], on: loop.loops[0])
        guard case .handler(.immediate(let handler)) = routes.match(.post, path) else {
            return HTTPResponse(.notFound)
        }
        let fields = token.map { [(name: "authorization", value: "Bearer " + $0)] } ?? []
        return handler(
            HTTPRequest(.post, path, query: query, fields: fields, body: Array(body.utf8)))
    }

    private func text(_ response: HTTPResponse) -> String {
        String(decoding: response.body, as: UTF8.self)
    }

    @Test(
        "A report may be empty, a form, parameters or JSON",
        arguments: [
            "", "state=degraded&reason=slow+disk", #"{"state":"unhealthy","reason":"x"}"#,
            #" {"host":"a"}"#, "\n",
        ])
    func bodies(body: String) throws {
        #expect(try post("/heartbeat/batch", body).status == .ok)
        #expect(try post("/heartbeat/batch", query: "state=healthy").status == .ok)
    }

    @Test(
        "A report with something wrong in it is refused, and says what",
        arguments: [
            ("state=fine", "use healthy, degraded or unhealthy"), ("sate=healthy", "nothing else"),
            ("state=healthy&state=healthy", "given twice"), ("{", "is no object"),
            (#"{"state":7}"#, "is no object"),
            ("{\"a\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}", "is no object"),
        ])
    func mistakes(body: String, problem: String) throws {
        let response = try post("/heartbeat/batch", body)
        #expect(response.status == .badRequest)
        #expect(text(response).contains(problem))
    }

    @Test("A body that is too long is refused, and an unknown name is told which there are")
    func limits() throws {
        let long = String(repeating: "a", count: 5000)
        #expect(try post("/heartbeat/batch", "reason=" + long).status == .contentTooLarge)
        let unknown = try post("/heartbeat/bach")
        #expect(unknown.status == .notFound)
        #expect(text(unknown).contains("there are batch, backup"))
        #expect(try post("/heartbeat/" + long).body.count < 300)
    }

    @Test("Where everybody reaches it, only the token of a heartbeat opens it, and nothing is told")
    func tokens() throws {
        func status(_ name: String, _ token: String?) throws -> HTTPResponse {
            try post("/heartbeat/" + name, "state=fine", token: token, asksForToken: true)
        }
        let refused = try status("backup", nil)
        #expect(refused.status == .unauthorized)
        #expect(refused.fields.contains { $0.name.description == "www-authenticate" })
        for (name, token) in [
            ("backup", "0123456789abcdeg"), ("backup", ""), ("batch", Self.token), ("batch", ""),
            ("unknown", Self.token), ("backup", Self.token + "0"),
        ] {
            let response = try status(name, token)
            #expect(response.status == .unauthorized)
            #expect(response.body == refused.body)
        }
        #expect(try status("backup", Self.token).status == .badRequest)
        #expect(try post("/heartbeat/backup", token: Self.token, asksForToken: true).status == .ok)
    }

    @Test("Options that cannot be are refused")
    func options() {
        for (target, options) in [
            ("batch", [:]), (nil, ["within": ["0s"]]), (nil, ["within": ["soon"]]),
            (nil, ["token-env": ["VITALS_NO_SUCH_VARIABLE"]]), (nil, ["token-file": ["/dev/null"]]),
            (nil, ["every": ["1s"]]),
        ] as [(String?, [String: [String]])] {
            #expect(throws: CheckOptionError.self) {
                try HeartbeatCheck(target, CheckOptions(options))
            }
        }
    }

    @Test(
        "Reports from another thread change the verdict of the check at once, for worse and better")
    func scheduled() throws {
        let group = try EventLoopGroup(count: 1)
        let loop = group.loops[0]
        let log = Log()
        let holder = Mailbox<LoopBound<CheckScheduler>>()
        // It waited before the check was there.
        try desk.take(HeartbeatReport(), for: "batch")
        loop.post { [batch] in
            let scheduler = CheckScheduler(on: loop) { log.take($0) }
            let timing = CheckTiming(
                detectWithin: .milliseconds(500), interval: .seconds(3600), timeout: .seconds(1))
            try? scheduler.add(
                CheckDefinition("batch", timing: timing), batch.makeRunner(CheckContext(on: loop)))
            holder.put(LoopBound(scheduler, on: loop))
        }
        let scheduler = try #require(holder.next())
        #expect(eventually { log.latest == .known(.healthy) })
        try desk.take(HeartbeatReport(.unhealthy, reason: "x"), for: "batch")
        #expect(eventually { log.latest == .known(.unhealthy) })
        for _ in 0..<1000 { try desk.take(HeartbeatReport(.degraded), for: "batch") }
        try desk.take(HeartbeatReport(), for: "batch")
        #expect(eventually { log.latest == .known(.healthy) })
        loop.post { scheduler.value.stop() }
        group.stop()
    }

    /// The verdicts that a scheduler has told.
    private final class Log: Sendable {
        private let verdict = Mutex(CheckState.Verdict.starting)

        var latest: CheckState.Verdict { verdict.withLock { $0 } }

        func take(_ checks: [CheckScheduler.Check]) {
            for check in checks { verdict.withLock { $0 = check.state.verdict } }
        }
    }
}
