// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import CheckScheduling
import EventLoops
import InstanceRegistry
import StoreConformance
import SystemIO
import TestSupport
import Testing

@testable import ConsulRegistry

/// The stand-in for the suite of all stores.
///
/// Unchecked Sendable: the thread of a test alone touches the process.
final class ConsulRig: StoreRig, @unchecked Sendable {
    let standIn: StandIn
    private let target: ConsulTarget

    init() throws {
        standIn = try StandIn()
        var options = CheckOptions()
        target = try ConsulTarget("consul://127.0.0.1:\(standIn.port)", &options)
    }

    var features: Set<RigFeature> { Set(RigFeature.allCases) }
    var timeToLive: Duration { .seconds(2) }
    /// Each write is two requests over connections of their own.
    var crowd: Int { 100 }

    func makeStore(on loop: EventLoop) throws -> any RegistryStore {
        var times = ConsulTimes()
        times.timeToLive = timeToLive
        times.answer = .milliseconds(1500)
        // Shorter than the time to live: an agent that has forgotten may hold an old question for that long.
        times.wait = .milliseconds(300)
        times.pause = .milliseconds(50)
        times.longestWait = .milliseconds(100)
        return ConsulStore(target, times, on: loop)
    }

    func loseAll() throws { try standIn.control("forget") }
    func plantGarbage(_ service: String) throws { try standIn.control("garbage/" + service) }
    func goAway() throws { standIn.signal(SIGSTOP) }
    func comeBack() throws { standIn.signal(SIGCONT) }
}

@Suite("What all stores do, at an agent of Consul")
struct ConsulConformanceTests {
    @Test("Each case", arguments: StoreConformance.allCases)
    func conforms(conformance: StoreConformance) throws { try conformance.run(ConsulRig()) }

    @Test("An index goes back to 0 when it goes backwards, and is never below 1")
    func index() {
        var index = ConsulIndex()
        index.take(7)
        #expect(index.value == 7)
        index.take(7)
        #expect(index.value == 7)
        index.take(3)
        #expect(index.value == 0)
        index.take(0)
        #expect(index.value == 1)
        index.take(nil)
        #expect(index.value == 0)
    }

    @Test("Two questions follow at once, and the next ones after a pause each")
    func bucket() {
        var bucket = TokenBucket(refill: .seconds(1))
        func at(_ seconds: Double) -> MonotonicTime {
            MonotonicTime(nanoseconds: Int64(seconds * 1e9))
        }
        #expect(bucket.take(at: at(100)) == at(100))
        #expect(bucket.take(at: at(100)) == at(100))
        #expect(bucket.take(at: at(100)) == at(101))
        #expect(bucket.take(at: at(101)) == at(102))
        #expect(bucket.take(at: at(200)) == at(200))
    }
}
