// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import StatusPages
import Testing

@testable import SkillRuntime

@Suite("The paths of commands")
struct AdminPathTests {
    private func command(_ path: AdminPath, _ query: String? = nil) throws -> Runtime.Command {
        try path.command(QueryParameters(query))
    }

    private func reason(_ path: AdminPath, _ query: String?) throws -> String {
        let refusal = try #require(throws: AdminRefusal.self) { try command(path, query) }
        #expect(refusal.status == .badRequest)
        return refusal.reason
    }

    @Test("Each path is a command")
    func commands() throws {
        #expect(try command(.drain) == .drain)
        #expect(try command(.resume, "") == .resume)
        #expect(try command(.reload) == .reload([.models, .certificates, .modelServer]))
        #expect(try command(.maintenance, "on=true") == .setMaintenance(true))
        #expect(try command(.maintenance, "on=false") == .setMaintenance(false))
    }

    @Test("A drill is of readiness unless its name says otherwise, and has a time")
    func drills() throws {
        #expect(
            try command(.fail, "for=60s")
                == .drill(Drill(target: .readiness, duration: .seconds(60))))
        #expect(
            try command(.fail, "name=liveness&for=1h")
                == .drill(Drill(target: .liveness, duration: .seconds(3600))))
        #expect(
            try command(.fail, "for=%31m%30s")
                == .drill(Drill(target: .readiness, duration: .seconds(60))))
        #expect(try command(.fail, "for=0") == .endDrills)
        #expect(
            try command(.fail, "for=0s&name=liveness")
                == .drill(Drill(target: .liveness, duration: .zero)))
    }

    @Test("What is wrong with the parameters is told, with what to do about it")
    func refusals() throws {
        #expect(try reason(.maintenance, nil) == "use ?on=true or ?on=false")
        #expect(try reason(.maintenance, "on=yes") == "use ?on=true or ?on=false")
        #expect(try reason(.maintenance, "on=true&on=false") == #""on" is given twice"#)
        #expect(
            try reason(.drain, "grace=1s") == #"unknown parameter "grace": there are none here"#)
        #expect(try reason(.fail, "fro=1s") == #"unknown parameter "fro": use for, name"#)
        #expect(try reason(.fail, nil).contains("?for=60s"))
        #expect(try reason(.fail, "for=60") == "for: no unit: use 60s, or ms, m, h")
        #expect(try reason(.fail, "for=-1s") == "for: out of range: use 0 to 1h0m0s")
        #expect(try reason(.fail, "for=1h1ns").contains("out of range"))
        #expect(try reason(.fail, "for=1s&name=startup").contains("readiness or liveness"))
        for query in ["on=%", "on=%4", "on=%zz", "on=%ff"] {
            #expect(try reason(.maintenance, query).contains("percent-encoded"))
        }
        #expect(try reason(.drain, "a&b&c&d&e&f&g&h&i") == "too many parameters")
    }
}
