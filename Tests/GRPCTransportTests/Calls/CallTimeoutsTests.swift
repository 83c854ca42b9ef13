// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@testable import GRPCTransport

@Suite("The timeouts of a call")
struct CallTimeoutsTests {
    private let limits: ServerConfiguration = {
        var limits = ServerConfiguration()
        limits.requestTimeout = .seconds(10)
        limits.writeTimeout = .seconds(20)
        return limits
    }()

    private func at(_ seconds: Int64) -> MonotonicTime {
        MonotonicTime(nanoseconds: 0) + .seconds(seconds)
    }

    @Test("are those of what is waited for, from when it was first seen")
    func each() {
        var timeouts = CallTimeouts()
        #expect(!timeouts.hasExpired(.request, limits, at: at(0)))
        #expect(!timeouts.hasExpired(.request, limits, at: at(9)))
        #expect(timeouts.hasExpired(.request, limits, at: at(10)))
        #expect(!timeouts.hasExpired(.answer, limits, at: at(10)))
        #expect(!timeouts.hasExpired(.answer, limits, at: at(29)))
        #expect(timeouts.hasExpired(.answer, limits, at: at(30)))
    }

    @Test("begin anew when there was nothing to wait for")
    func anew() {
        var timeouts = CallTimeouts()
        #expect(!timeouts.hasExpired(.answer, limits, at: at(0)))
        #expect(!timeouts.hasExpired(nil, limits, at: at(19)))
        #expect(!timeouts.hasExpired(.answer, limits, at: at(100)))
        #expect(!timeouts.hasExpired(.answer, limits, at: at(119)))
        #expect(timeouts.hasExpired(.answer, limits, at: at(120)))
    }

    @Test("begin anew when the client has taken 1 KiB, or a message, and not for less")
    func progress() {
        var timeouts = CallTimeouts()
        #expect(!timeouts.hasExpired(.answer, limits, at: at(0)))
        timeouts.sent(1023)
        #expect(timeouts.hasExpired(.answer, limits, at: at(20)))
        timeouts.sent(1)
        #expect(!timeouts.hasExpired(.answer, limits, at: at(20)))
        timeouts.sentMessage()
        #expect(!timeouts.hasExpired(.answer, limits, at: at(40)))
        #expect(timeouts.hasExpired(.answer, limits, at: at(60)))
    }

    @Test("of zero are off")
    func off() {
        var limits = limits
        limits.requestTimeout = .zero
        var timeouts = CallTimeouts()
        #expect(!timeouts.hasExpired(.request, limits, at: at(0)))
        #expect(!timeouts.hasExpired(.request, limits, at: at(1_000_000)))
    }
}
