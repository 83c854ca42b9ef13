// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import Testing

@testable import GRPCTransport

@Suite("The latency of a method")
struct MethodLatencyTests {
    private var counters = CallCounters()
    private var latency = MethodLatency()

    private mutating func answer(_ count: Int) {
        for _ in 0..<count {
            counters.started += 1
            counters.endWell()
        }
    }

    @Test("is the length of the tick that answered")
    mutating func measured() {
        latency.tickBegan(counters)
        answer(2)
        latency.tickEnded(counters, after: .microseconds(80))
        #expect(latency.times.counts[1] == 2)
        #expect(latency.times.sum == .microseconds(160))
    }

    @Test("of calls in ticks that are not measured is that of the next tick that answers")
    mutating func between() {
        answer(3)
        // It answers nothing: its length says nothing about calls.
        latency.tickBegan(counters)
        latency.tickEnded(counters, after: .seconds(1))
        #expect(latency.times.count == 0)
        latency.tickBegan(counters)
        answer(1)
        latency.tickEnded(counters, after: .microseconds(20))
        #expect(latency.times.counts[0] == 4)
    }

    @Test("covers every call that has ended when it is read, and each once")
    mutating func rest() {
        latency.tickBegan(counters)
        answer(1)
        latency.tickEnded(counters, after: .microseconds(20))
        answer(5)
        counters.started += 1
        latency.countRest(counters)
        latency.countRest(counters)
        #expect(latency.times.count == 6)
        counters.end(.cancelled)
        latency.countRest(counters)
        #expect(latency.times.count == 7)
    }
}
