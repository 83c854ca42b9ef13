// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import HTTPRouting
import Testing

@testable import StatusPages

@Suite("Commands that a browser sends")
struct BrowserCheckTests {
    private func isRefused(_ fields: (String, String)...) -> Bool {
        let request = HTTPRequest(
            .post, "/admin/drain", fields: fields.map { (name: $0.0, value: $0.1) })
        do throws(AdminRefusal) {
            try BrowserCheck.refuseOtherSites(request)
            return false
        } catch {
            #expect(error.status == .forbidden)
            return true
        }
    }

    @Test("Other programs are served, whatever they call this machine")
    func programs() {
        #expect(!isRefused())
        #expect(!isRefused(("host", "127.0.0.1:9000")))
        #expect(!isRefused(("host", "localhost"), ("content-type", "application/json")))
    }

    @Test("A page of another site is refused")
    func otherSites() {
        let host = ("host", "127.0.0.1:9000")
        #expect(isRefused(host, ("origin", "https://example.com")))
        #expect(isRefused(host, ("origin", "null")))
        #expect(isRefused(host, ("origin", "")))
        #expect(isRefused(host, ("sec-fetch-site", "cross-site")))
        #expect(isRefused(host, ("sec-fetch-site", "same-site")))
        // Another server on this machine.
        #expect(isRefused(host, ("origin", "http://127.0.0.1:8000")))
        #expect(isRefused(("origin", "http://127.0.0.1:9000")))
    }

    @Test("A name of another site that leads to this machine is refused")
    func rebinding() {
        for name in ["example.com:9000", "127.0.0.1.example.com", "localhost.evil:9000", "[::1]x"] {
            #expect(
                isRefused(
                    ("host", name), ("origin", "http://" + name), ("sec-fetch-site", "same-origin"))
            )
        }
    }

    @Test("A page of the admin address itself is served")
    func ownPages() {
        for name in ["127.0.0.1:9000", "[::1]:9000", "localhost"] {
            #expect(
                !isRefused(
                    ("host", name), ("origin", "http://" + name), ("sec-fetch-site", "same-origin"))
            )
        }
        #expect(!isRefused(("host", "localhost"), ("sec-fetch-site", "none")))
    }
}
