// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@Suite("Name resolution")
struct NameResolverTests {
    private func resolve(_ host: String, within limit: Duration = .seconds(5)) throws -> [String] {
        try NameResolver.resolve(host, port: 80, deadline: .now() + limit).map(\.text)
    }

    @Test("Numeric addresses are no question, and need no time")
    func numeric() throws {
        #expect(try resolve("127.0.0.1", within: .zero) == ["127.0.0.1:80"])
        #expect(try resolve("::1", within: .zero) == ["[::1]:80"])
    }

    @Test("An unspecified address is this machine's, by both families, its own one first")
    func unspecified() throws {
        #expect(try resolve("::", within: .zero) == ["[::1]:80", "127.0.0.1:80"])
        #expect(try resolve("0:0::0", within: .zero) == ["[::1]:80", "127.0.0.1:80"])
        #expect(try resolve("0.0.0.0", within: .zero) == ["127.0.0.1:80", "[::1]:80"])
    }

    @Test(
        "What is written as an address and is none is refused at once",
        arguments: [
            "010.0.0.1", "1.2.3.00", "127.1", "1.2.3.4.5", "256.1.1.1", "::1::", "fe80::1%nope",
            "[::1]",
        ])
    func malformedAddress(_ host: String) {
        #expect(throws: NameResolutionError.malformedAddress(host)) {
            try resolve(host, within: .zero)
        }
    }

    @Test("localhost is this machine")
    func localhost() throws {
        let all = try resolve("localhost")
        #expect(all.contains("127.0.0.1:80") || all.contains("[::1]:80"))
        #expect(try resolve("localhost.") == all)
    }

    @Test("A name that cannot exist has no address (RFC 6761: .invalid)")
    func invalid() {
        let error = #expect(throws: NameResolutionError.self) {
            try resolve("no-such-host.vitals.invalid")
        }
        // Which of them depends on the machine's DNS server, if it has one.
        switch error {
        case .notFound(let name)?, .timedOut(let name)?, .failed(let name, _)?,
            .malformedAddress(let name)?:
            #expect(name == "no-such-host.vitals.invalid")
            #expect(error?.text.contains(name) == true)
        case nil: break
        }
    }

    @Test(
        "What is no name is refused at once",
        arguments: ["a..b", String(repeating: "x", count: 300), ".."])
    func malformed(_ name: String) {
        #expect(throws: NameResolutionError.self) { try resolve(name) }
    }

    @Test("A deadline that has passed is no answer")
    func pastDeadline() {
        let start = MonotonicTime.now()
        let error = #expect(throws: NameResolutionError.self) {
            try resolve("vitals.invalid", within: .milliseconds(-1))
        }
        #expect(error != nil)
        #expect(MonotonicTime.now() - start < .seconds(2))
    }

    @Test("An answer that does not come is given up at the deadline")
    func deadline() {
        let start = MonotonicTime.now()
        #expect(throws: NameResolutionError.self) {
            try resolve("slow.vitals.invalid", within: .milliseconds(300))
        }
        #expect(MonotonicTime.now() - start < .seconds(3))
    }
}
