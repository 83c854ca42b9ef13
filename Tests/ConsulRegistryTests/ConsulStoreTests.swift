// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import InstanceRegistry
import StoreConformance
import TestSupport
import Testing

@testable import ConsulRegistry

@Suite("A registry in Consul")
struct ConsulStoreTests {
    private func instance(_ status: InstanceStatus) -> Instance {
        Instance(
            InstanceKey(service: "chat", id: "a"), host: "10.0.0.7", port: 50_051, status: status)
    }

    private func withStore(_ body: (DrivenStore, StandIn) throws -> Void) throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let rig = try ConsulRig()
        let store = try DrivenStore(rig, on: group.loops[0])
        defer { store.close() }
        try body(store, rig.standIn)
        try store.checkFaults()
    }

    @Test("An instance that is not ready stays for as long as it is written")
    func notReady() throws {
        try withStore { store, agent in
            #expect(try store.put(instance(.unavailable)) == .registered)
            for _ in 0..<2 {
                try agent.control("older/600")
                #expect(try store.put(instance(.unavailable)) == .kept)
            }
            #expect(try store.list("chat") == [instance(.unavailable)])
        }
    }

    @Test("An instance that is not written any more is not listed, and then deregistered")
    func gone() throws {
        try withStore { store, agent in
            #expect(try store.put(instance(.available)) == .registered)
            try agent.control("older/600")
            #expect(try store.list("chat") == [instance(.available)])
            try agent.control("expire")
            #expect(try store.list("chat").isEmpty)
            let path = "/v1/agent/service/chat:a"
            #expect(try agent.ask("GET", path).contains(" 200 "))
            try agent.control("older/600")
            #expect(try agent.ask("GET", path).contains(" 404 "))
            #expect(try store.put(instance(.available)) == .registered)
            #expect(try store.list("chat") == [instance(.available)])
        }
    }

    @Test("An instance that is ready stays so while it is registered again")
    func readyAgain() throws {
        try withStore { store, agent in
            for (status, listed) in [(InstanceStatus.available, 1), (.unavailable, 0)] {
                #expect(try store.put(instance(status)) == (listed == 1 ? .registered : .kept))
                // What is to follow has not come yet.
                let body = ConsulRecord.registration(of: instance(status), timeToLive: .seconds(60))
                _ = try agent.ask(
                    "PUT", "/v1/agent/service/register?replace-existing-checks=true", body)
                #expect(try store.list("chat").count == listed)
            }
        }
    }

    @Test("A lost answer leaves no instance in maintenance, and none out of it")
    func lostAnswer() throws {
        try withStore { store, agent in
            for (first, second) in [
                (InstanceStatus.available, InstanceStatus.draining), (.draining, .available),
            ] {
                _ = try store.put(instance(first))
                try agent.control("lose/maintenance")
                let failed = try store.begin { [self] in $0.put(instance(second), $1) }.value()
                guard case .failure(.unreachable) = failed else {
                    throw Unexpected(description: "an answer that was lost: \(failed)")
                }
                _ = try store.put(instance(first))
                let health = try agent.ask("GET", "/v1/health/service/chat")
                let isMaintained = health.contains("_service_maintenance:chat:a")
                #expect(isMaintained == (first == .draining))
            }
        }
    }

    @Test("An agent that has forgotten an instance in maintenance has it in maintenance again")
    func forgottenMaintenance() throws {
        try withStore { store, agent in
            _ = try store.put(instance(.draining))
            try agent.control("forget")
            #expect(try store.put(instance(.draining)) == .registered)
            let answer = try agent.ask("GET", "/v1/health/service/chat")
            #expect(answer.contains("_service_maintenance:chat:a"))
        }
    }

    @Test("What an agent says of one service is bounded, and what it says of all is not so soon")
    func bounds() throws {
        try withStore { store, agent in
            #expect(try store.put(instance(.available)) == .registered)
            try agent.control("pad/300000")
            let refused = try store.begin { [self] in $0.put(instance(.available), $1) }.value()
            guard case .failure(.unreachable) = refused else {
                throw Unexpected(description: "300,000 bytes of one service: \(refused)")
            }
            try agent.control("pad/0")
            #expect(try store.put(instance(.available)) == .kept)
        }
        let mine = instance(.available)
        let meta =
            #""Meta":{"vitals-id":"a","vitals-version":"","vitals-health":"","#
            + #""vitals-registered":"1970-01-01T00:00:00.000Z"}"#
        func service(_ extra: Int) -> [UInt8] {
            let values = (0..<extra).map { _ in "0" }.joined(separator: ",")
            return Array(
                (#"{"Service":"chat","Address":"10.0.0.7","Port":50051,"Tags":[],"#
                    + meta + ",\"Other\":[\(values)]}").utf8)
        }
        #expect(ConsulRecord.matches(service(900), mine))
        #expect(!ConsulRecord.matches(service(2000), mine))
    }
}
