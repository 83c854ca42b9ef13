// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import InstanceRegistry
import StoreConformance
import TestSupport
import Testing

@testable import EtcdRegistry

@Suite("A registry in a cluster of etcd")
struct EtcdClusterTests {
    private func instance(_ id: String, _ status: InstanceStatus = .available) -> Instance {
        Instance(
            InstanceKey(service: "chat", id: id), host: "10.0.0.7", port: 50_051, status: status)
    }

    private func withStores(
        _ rig: EtcdRig, _ body: (_ writer: DrivenStore, _ reader: DrivenStore) throws -> Void
    ) throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let (writer, reader) = (
            try DrivenStore(rig, on: group.loops[0]), try DrivenStore(rig, on: group.loops[0])
        )
        defer {
            writer.close()
            reader.close()
        }
        try body(writer, reader)
        try writer.checkFaults()
        try reader.checkFaults()
    }

    /// Puts as a registration does: until the store can be reached.
    private func putSoon(_ store: DrivenStore, _ instance: Instance) throws -> PutOutcome {
        for _ in 0..<100 {
            if let outcome = try? store.put(instance) { return outcome }
            usleep(50_000)
        }
        throw Unexpected(description: "the store was not reached again")
    }

    @Test("The loss of the leader, a member that hangs and one that is cut off lose no news")
    func failover() throws {
        let rig = try EtcdRig(members: 3)
        try withStores(rig) { writer, reader in
            let watch = try reader.watch("chat")
            _ = try writer.put(instance("a"))
            try watch.next("the first") { $0.ids == ["a"] }

            let leader = try rig.server.leader(askedAt: 0)
            rig.server.stop(leader)
            #expect(try putSoon(writer, instance("a", .draining)) == .kept)
            try watch.next("a change after an election") { $0.first?.status == .draining }
            try rig.server.start(leader)
            try rig.server.waitForLeader(leader)

            let hanging = try rig.server.leader(askedAt: leader)
            rig.server.signal(hanging, SIGSTOP)
            defer { rig.server.signal(hanging, SIGCONT) }
            #expect(try putSoon(writer, instance("a", .unavailable)) == .kept)
            try watch.next("a change while a member hangs") { $0.first?.status == .unavailable }
        }
    }

    @Test("A leader that is cut off from the others, but not from us, is left for one of them")
    func partition() throws {
        let rig = try EtcdRig(members: 3, canBeCut: true)
        let leader = try rig.server.leader(askedAt: 0)
        rig.first = leader
        try withStores(rig) { writer, reader in
            let watch = try reader.watch("chat")
            #expect(try writer.put(instance("a")) == .registered)
            try watch.next("the first") { $0.ids == ["a"] }
            try rig.server.cut(leader)
            #expect(try putSoon(writer, instance("a", .draining)) == .kept)
            try watch.next("a change that the others have") { $0.first?.status == .draining }
            #expect(try rig.server.leader(askedAt: leader) != leader)
            try rig.server.heal()
            #expect(try putSoon(writer, instance("a")) == .kept)
            try watch.next("a change after it was whole again") { $0.first?.status == .available }
        }
    }

    @Test(
        "A watch whose revision was compacted away meanwhile lists again, one that was not goes on")
    func compaction() throws {
        let rig = try EtcdRig()
        // The same member twice: of several, a watch goes on where it was.
        rig.endpointsOfEach = 2
        let own = try EventLoopGroup(count: 1)
        defer { own.stop() }
        try withStores(rig) { writer, _ in
            let reader = try DrivenStore(rig, on: own.loops[0])
            defer { reader.close() }
            let watch = try reader.watch("chat")
            for id in ["a", "b"] { _ = try writer.put(instance(id)) }
            try watch.next("both") { $0.ids == ["a", "b"] }
            for (round, compacts) in [false, true].enumerated() {
                // The reader sees nothing of what happens now.
                let (isHeld, release) = (Mailbox<Bool>(), Mailbox<Bool>())
                own.loops[0].post {
                    isHeld.put(true)
                    _ = release.next()
                }
                _ = isHeld.next()
                rig.server.stop(0)
                try rig.server.start(0)
                try rig.server.waitForLeader()
                _ = try putSoon(writer, instance("c\(round)"))
                try writer.remove(instance("c\(round)").key)
                _ = try putSoon(writer, instance("d\(round)"))
                if compacts {
                    let answer = try rig.server.get("chat/d1")
                    let revision = rig.server.value("revision", answer) ?? ""
                    try rig.server.ask(
                        "kv/compaction", #"{"revision":"\#(revision)","physical":true}"#)
                }
                release.put(true)
                try watch.next("what is new after a restart") { $0.ids.contains("d\(round)") }
            }
        }
    }

    @Test("A password is asked for, and a wrong one is told")
    func login() throws {
        let rig = try EtcdRig()
        try rig.server.ask("auth/user/add", #"{"name":"root","password":"secret"}"#)
        try rig.server.ask("auth/role/add", #"{"name":"root"}"#)
        try rig.server.ask("auth/user/grant", #"{"user":"root","role":"root"}"#)
        try rig.server.ask("auth/enable", "{}")
        rig.user = ("root", "secret")
        try withStores(rig) { writer, reader in
            let watch = try reader.watch("chat")
            #expect(try writer.put(instance("a")) == .registered)
            try watch.next("the first") { $0.ids == ["a"] }
        }
        rig.user = ("root", "wrong")
        try withStores(rig) { writer, _ in
            let mine = instance("a")
            let answer = try writer.begin { $0.put(mine, $1) }.value()
            guard case .failure(.refused(let text)) = answer else {
                throw Unexpected(description: "a wrong password: \(answer)")
            }
            #expect(!text.isEmpty && !text.hasPrefix("secret"))
        }
    }
}
