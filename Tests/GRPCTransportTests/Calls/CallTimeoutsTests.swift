// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@testable import GRPCTransport

@Suite("The timeouts of a call")
struct CallTimeoutsTests {
    private let limits: TimeoutLimits = {
        var limits = TimeoutLimits()
        limits.request = .seconds(10)
        limits.write = .seconds(20)
        return limits
    }()

    /// What is waited for at each of these seconds: when does it take too long?
    private func expired(
        _ waits: [(second: Int64, wait: CallState.Wait?)], _ limits: TimeoutLimits
    ) -> [Int64] {
        var timeouts = CallTimeouts()
        return waits.filter { isExpired(&timeouts, $0.wait, $0.second, limits) }.map(\.second)
    }

    private func isExpired(
        _ timeouts: inout CallTimeouts, _ wait: CallState.Wait?, _ second: Int64,
        _ limits: TimeoutLimits
    ) -> Bool {
        let now = MonotonicTime(nanoseconds: 0) + .seconds(second)
        return timeouts.hasExpired(wait, limits, at: now)
    }

    @Test("are those of what is waited for, from when it was first seen")
    func each() {
        let request: [(Int64, CallState.Wait?)] = [(0, .request), (9, .request), (10, .request)]
        #expect(expired(request, limits) == [10])
        let answer: [(Int64, CallState.Wait?)] = [(0, .request), (5, .answer), (24, .answer)]
        #expect(expired(answer, limits) == [])
        #expect(expired(answer + [(25, .answer)], limits) == [25])
    }

    @Test("begin anew when there was nothing to wait for")
    func anew() {
        let waits: [(Int64, CallState.Wait?)] = [
            (0, .answer), (19, nil), (100, .answer), (119, .answer), (120, .answer),
        ]
        #expect(expired(waits, limits) == [120])
    }

    @Test("begin anew when the client has taken 1 KiB or a whole message, and not for less")
    func progress() {
        var timeouts = CallTimeouts()
        var expired: [Bool] = [isExpired(&timeouts, .answer, 0, limits)]
        timeouts.sent(1023)
        expired.append(isExpired(&timeouts, .answer, 20, limits))
        timeouts.sent(1)
        expired.append(isExpired(&timeouts, .answer, 20, limits))
        timeouts.sentMessage()
        expired.append(isExpired(&timeouts, .answer, 40, limits))
        expired.append(isExpired(&timeouts, .answer, 60, limits))
        #expect(expired == [false, true, false, false, true])
    }

    @Test("of zero are off")
    func off() {
        var limits = limits
        limits.request = .zero
        #expect(expired([(0, .request), (1_000_000, .request)], limits) == [])
    }
}
