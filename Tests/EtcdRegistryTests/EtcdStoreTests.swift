// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import InstanceRegistry
import StoreConformance
import TestSupport
import Testing
import Text

@testable import EtcdRegistry

@Suite("A registry in etcd")
struct EtcdStoreTests {
    private static let gentle: [StoreConformance] = StoreConformance.cases(for: [
        .garbage, .timeToLive,
    ])

    @Test("It does what all stores do")
    func conformance() throws {
        let rig = try EtcdRig()
        for conformance in Self.gentle { try conformance.run(rig) }
    }

    @Test(
        "It does what all stores do when etcd hangs, comes back empty, and lets time pass",
        arguments: [
            StoreConformance.aStoreThatLostAllIsFilledAgain, .aStoreThatIsAwayComesBack,
            .whoIsNotPutAgainIsForgotten,
        ])
    func faults(_ conformance: StoreConformance) throws { try conformance.run(try EtcdRig()) }

    private func instance(_ id: String, _ status: InstanceStatus = .available) -> Instance {
        var instance = Instance(
            InstanceKey(service: "chat", id: id), host: "10.0.0.7", port: 50_051, status: status)
        instance.tags = ["gpu"]
        instance.metadata = ["zone": "b"]
        instance.registrationTime = 1_700_000_000_125
        return instance
    }

    private func withStore(_ rig: EtcdRig, _ body: (DrivenStore) throws -> Void) throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let store = try DrivenStore(rig, on: group.loops[0])
        defer { store.close() }
        try body(store)
        try store.checkFaults()
    }

    @Test("The value is that of gRPC's naming, and what others have written in that form is read")
    func shape() throws {
        let rig = try EtcdRig()
        try withStore(rig) { store in
            _ = try store.put(instance("a"))
            let found = try rig.server.get("chat/a")
            let value = rig.server.value("value", found) ?? ""
            let text = Base64.decodeText(value)
            #expect(
                text == #"{"Op":0,"Addr":"10.0.0.7:50051","Metadata":{"status":"available","#
                    + #""health_check_url":"","version":"","registration_time":1700000000125,"#
                    + #""tags":["gpu"],"metadata":{"zone":"b"}}}"#)
            #expect(rig.server.value("lease", found) != nil)
            try rig.server.put("chat/go", #"{"Op":0,"Addr":"[::1]:80","Metadata":null}"#)
            let foreign = Instance(
                InstanceKey(service: "chat", id: "go"), host: "::1", port: 80, status: .available)
            #expect(try store.list("chat") == [instance("a"), foreign])
        }
    }

    @Test("A lease that was revoked is granted anew, and the instance is there again")
    func leaseLoss() throws {
        let rig = try EtcdRig()
        try withStore(rig) { store in
            let mine = instance("a")
            _ = try store.put(mine)
            let lease = rig.server.value("lease", try rig.server.get("chat/a")) ?? ""
            try rig.server.ask("lease/revoke", #"{"ID":"\#(lease)"}"#)
            #expect(try store.list("chat").isEmpty)
            #expect(try store.put(mine) == .registered)
            #expect(try store.put(mine) == .kept)
            let second = rig.server.value("lease", try rig.server.get("chat/a"))
            #expect(second != nil && second != lease)
        }
    }

    @Test("A removal gives the lease back")
    func removal() throws {
        let rig = try EtcdRig()
        try withStore(rig) { store in
            _ = try store.put(instance("a"))
            try store.remove(instance("a").key)
            let leases = try rig.server.ask("lease/leases", "{}")
            #expect(rig.server.value("ID", leases) == nil)
        }
    }

    @Test("A key that another has written without a lease is attached to the lease again")
    func foreignLease() throws {
        let rig = try EtcdRig()
        try withStore(rig) { store in
            _ = try store.put(instance("a"))
            let value = Base64.decodeText(
                rig.server.value("value", try rig.server.get("chat/a")) ?? "")
            try rig.server.put("chat/a", value)
            #expect(try store.put(instance("a")) == .repaired)
            #expect(rig.server.value("lease", try rig.server.get("chat/a")) != nil)
        }
    }
}
