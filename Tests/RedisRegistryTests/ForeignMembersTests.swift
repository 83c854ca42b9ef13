// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
import InstanceRegistry
import NetworkChecks
import TestSupport
import Testing

@testable import RedisRegistry

@Suite("Members of a set in Redis that are no ids")
struct ForeignMembersTests {
    private let instance = Instance(
        InstanceKey(service: "chat", id: "a"), host: "h", port: 1, status: .available)

    @Test("A member that is no text is passed over: it cannot be asked for, nor taken out")
    func foreignBytes() throws {
        let server = try RedisServer()
        var options = CheckOptions()
        let target = try RedisTarget("redis://127.0.0.1:\(server.port)", &options)
        let bench = try StoreBench { RedisStore(target, on: $0) }
        #expect(bench.put(instance) == .success(.registered))
        try server.ask(
            "EVAL", "return redis.call('SADD', KEYS[1], '\\255\\254')", "1",
            "service_instances:chat")
        #expect(try server.ask("SCARD", "service_instances:chat") == ":2\r\n")
        try server.ask("CONFIG", "RESETSTAT")
        for _ in 0..<2 { #expect(bench.list("chat") == .success([instance])) }
        let calls = try server.ask("INFO", "commandstats")
        #expect(calls.contains("cmdstat_hgetall:calls=2,"), "\(calls)")
        #expect(!calls.contains("cmdstat_eval:"), "\(calls)")
    }
}
