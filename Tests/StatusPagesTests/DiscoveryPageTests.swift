// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTPRouting
import StatusBoard
import Testing

@testable import StatusPages

@Suite("/discover/NAME")
struct DiscoveryPageTests {
    private let fixture = PagesFixture()

    private func page(
        _ service: String = "echo", authority: String? = "10.0.0.7:50051", usesTLS: Bool = false
    ) -> String {
        var identity = PagesFixture.identity
        identity.usesTLS = usesTLS
        let page = DiscoveryPage(
            of: service, fixture.board.snapshot, identity, authority: authority)
        return String(decoding: page.json, as: UTF8.self)
    }

    private func status() -> Substring? {
        let parts = page().split(separator: "\"")
        return parts.firstIndex(of: "status").map { parts[$0 + 2] }
    }

    @Test("The service itself is one instance")
    func instance() {
        #expect(
            page()
                == #"{"service_name":"echo","instances":[{"instance_id":"echo-1f2e3d4c","#
                + #""base_url":"http://10.0.0.7:50051","status":"available","#
                + #""metadata":{"version":"0.1.0","#
                + #""health_check_url":"http://10.0.0.7:50051/health"}}]}"#)
    }

    @Test("A service that nobody knows has no instances")
    func unknown() {
        #expect(page("e\"cho") == #"{"service_name":"e\"cho","instances":[]}"#)
    }

    @Test("The status is a word of the registries, in lower case")
    func statuses() {
        #expect(status() == "available")
        fixture.report(["files": PagesFixture.slow])
        #expect(status() == "available")
        fixture.report(["memory": PagesFixture.low])
        #expect(status() == "unavailable")
        fixture.report(["startup": PagesFixture.low])
        #expect(status() == "starting")
        fixture.report(["draining": PagesFixture.draining])
        #expect(status() == "draining")
    }

    @Test("The address is the one that was asked; nothing else goes into it")
    func addresses() {
        #expect(
            page(authority: "[::1]:80", usesTLS: true).contains(#""base_url":"https://[::1]:80""#))
        for wrong in ["a/b", "a\"b", "a b", "", "a@b", String(repeating: "a", count: 256)] {
            #expect(page(authority: wrong).contains(#""base_url":"http://localhost","#))
        }
        #expect(page(authority: nil).contains(#""base_url":"http://localhost","#))
    }
}
