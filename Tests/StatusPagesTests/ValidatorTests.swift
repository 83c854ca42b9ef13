// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import HTTPRouting
import StatusBoard
import Testing

@testable import StatusPages

@Suite("Freshness of pages")
struct ValidatorTests {
    private let fixture = PagesFixture()

    private func answer(_ response: HTTPResponse, ifNoneMatch tag: String?) -> HTTPResponse {
        response.validated(
            for: HTTPRequest(.get, "/health", fields: tag.map { [("if-none-match", $0)] } ?? []))
    }

    @Test(
        "Fields tell the revision, when it came to be, and when the board was told something last")
    func fields() {
        fixture.report(["memory": PagesFixture.low])
        fixture.board.report(PagesFixture.low, for: "memory", at: PagesFixture.at(997))
        let response = fixture.health()
        let revision = "\(fixture.board.snapshot.revision)"
        #expect(response["vitals-revision"] == revision)
        #expect(response["etag"] == "W/\"echo-1f2e3d4c-\(revision)-0\"")
        #expect(response["last-modified"] == "Sat, 21 Nov 2026 09:29:50 GMT")
        #expect(response["age"] == "3" && response["vary"] == "accept")
        #expect(fixture.group(.liveness)["vary"] == nil)
    }

    @Test("Each format has a tag of its own, and each revision")
    func tags() {
        let formats = HealthFormat.allCases.map { fixture.health($0)["etag"] }
        #expect(Set(formats).count == 3)
        fixture.report(["memory": PagesFixture.low])
        #expect(fixture.health()["etag"] != formats[0])
    }

    @Test("An instance has a name of its own, and a tag holds nothing that could end it")
    func instances() {
        let identity = ServiceIdentity(
            service: "é\"\n", version: "1", start: PagesFixture.at(0))
        let clock = PageClock(now: PagesFixture.now, wall: PagesFixture.wall)
        let context = PageContext(identity: identity, audience: .everybody, clock: clock)
        let tag = Validators(fixture.board.snapshot, context, reported: PagesFixture.now).tag()
        #expect(identity.instance.utf8.count == "é\"\n".utf8.count + 9)
        #expect(tag.hasPrefix("W/\"-----") && tag.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f })
        #expect(tag.split(separator: "\"", omittingEmptySubsequences: false).count == 3)
    }

    @Test("Other figures are no news for everybody, and news for operators")
    func figures() {
        fixture.report(["memory": PagesFixture.low])
        let before = [fixture.health()["etag"], fixture.health(.json, for: .operators)["etag"]]
        var other = PagesFixture.low
        other.figures = "11 MiB"
        fixture.report(["memory": other])
        #expect(fixture.health()["etag"] == before[0])
        #expect(fixture.health(.json, for: .operators)["etag"] != before[1])
    }

    @Test("A client that has the page gets 304 without a body, and with the fields")
    func notModified() {
        let response = fixture.health()
        let tag = response["etag"] ?? ""
        let strong = String(tag.dropFirst(2))
        for known in [tag, strong, "*", " \"a\" , \(tag)", "W/\"x\",\(strong),\"y\""] {
            let answer = answer(response, ifNoneMatch: known)
            #expect(answer.status == .notModified && answer.body.isEmpty, "\(known)")
            #expect(answer["etag"] == tag && answer["content-type"] == nil)
            #expect(answer["age"] != nil && answer["vitals-revision"] != nil)
        }
        for unknown in [nil, "", "\"a\"", tag + "x", "W/"] {
            #expect(answer(response, ifNoneMatch: unknown).status == .ok, "\(unknown ?? "nil")")
        }
    }

    @Test("A failure is always sent whole")
    func failure() {
        fixture.report(["memory": PagesFixture.low])
        let response = fixture.health()
        #expect(answer(response, ifNoneMatch: response["etag"]).status == .serviceUnavailable)
        #expect(answer(response, ifNoneMatch: "*").status == .serviceUnavailable)
    }
}
