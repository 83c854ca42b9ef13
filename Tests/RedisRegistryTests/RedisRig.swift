// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import CheckScheduling
import EventLoops
import InstanceRegistry
import NetworkChecks
import StoreConformance
import SystemIO
import TestSupport
import Testing

@testable import RedisRegistry

/// A real Redis for the suite of all stores.
///
/// Unchecked Sendable: the thread of a test alone touches the server.
final class RedisRig: StoreRig, @unchecked Sendable {
    private let server: RedisServer
    private let target: RedisTarget

    init() throws {
        server = try RedisServer()
        var options = CheckOptions()
        target = try RedisTarget("redis://127.0.0.1:\(server.port)", &options)
    }

    var features: Set<RigFeature> { Set(RigFeature.allCases) }
    /// For the case with many as well as for the one that waits for it.
    var crowd: Int { 300 }

    func makeStore(on loop: EventLoop) throws -> any RegistryStore {
        var times = RedisTimes()
        times.timeToLive = timeToLive
        times.poll = .milliseconds(200)
        times.answer = .milliseconds(500)
        times.longestWait = .milliseconds(100)
        return RedisStore(target, times, on: loop)
    }

    func loseAll() throws { try server.ask("FLUSHALL") }

    func plantGarbage(_ service: String) throws {
        let set = "service_instances:" + service
        try server.ask("SADD", set, "partial", "text", "gone", "a b", "bad-json")
        try server.ask("HSET", "services:\(service):partial", "status", "available")
        try server.ask("SET", "services:\(service):text", "text")
        try server.ask("HSET", "services:\(service):bad", "host", "h", "port", "x", "tags", "[[[")
    }

    func goAway() throws { server.signal(SIGSTOP) }
    func comeBack() throws { server.signal(SIGCONT) }
}

@Suite("What all stores do, in Redis")
struct RedisConformanceTests {
    @Test("Each case", arguments: StoreConformance.allCases)
    func conforms(conformance: StoreConformance) throws { try conformance.run(RedisRig()) }
}
