// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceDocuments
import InstanceRegistry
import SystemIO
import TestSupport
import Testing

@testable import LocalRegistry

@Suite("The table of instances")
struct InstanceTableTests {
    private let start = MonotonicTime(nanoseconds: 7_000_000_000)
    private let key = InstanceKey(service: "llm", id: "a")

    private func instance(
        _ id: String = "a", _ status: InstanceStatus = .available, tags: [String] = []
    ) -> Instance {
        var instance = Instance(
            InstanceKey(service: "llm", id: id), host: "h", port: 1, status: status)
        instance.tags = tags
        return instance
    }

    private func table(_ instances: [Instance], timeToLive: Duration? = nil) throws
        -> InstanceTable
    {
        var table = InstanceTable()
        for instance in instances { try table.put(instance, timeToLive: timeToLive, at: start) }
        _ = table.takeEvents()
        return table
    }

    @Test("Three failures in a row make an instance unavailable, two successes available again")
    func thresholds() throws {
        var table = try table([instance()])
        var statuses: [InstanceStatus] = []
        for isHealthy in [false, false, true, false, false, false, false, true, true] {
            table.checked(key, isHealthy: isHealthy, at: start)
            statuses.append(try #require(table.instance(key)).status)
        }
        #expect(
            statuses == [
                .available, .available, .available, .available, .available, .unavailable,
                .unavailable, .unavailable, .available,
            ])
        let events = table.takeEvents()
        #expect(
            events == [
                .statusChanged(instance("a", .unavailable), from: .available),
                .statusChanged(instance(), from: .unavailable),
            ])
        #expect(table.told(key)?.status == .available)
    }

    @Test("What an instance says of itself counts more than a check that succeeds")
    func ownWord() throws {
        for (told, seen) in [
            (InstanceStatus.draining, InstanceStatus.draining), (.unavailable, .unavailable),
            (.starting, .available),
        ] {
            var table = try table([instance("a", told)])
            table.checked(key, isHealthy: true, at: start)
            #expect(table.instance(key)?.status == seen)
        }
        // And a put while it is down does not hide that.
        var table = try table([instance()])
        for _ in 0..<3 { table.checked(key, isHealthy: false, at: start) }
        try table.put(instance(), timeToLive: nil, at: start)
        #expect(table.instance(key)?.status == .unavailable)
    }

    @Test("The sweep takes out what is silent or was never healthy for ten minutes")
    func sweeps() throws {
        var table = try table([
            instance("silent"), instance("sick", .starting), instance("well", .starting),
        ])
        try table.put(instance("leased", .starting), timeToLive: .seconds(3600), at: start)
        for minute in 1...9 {
            let now = start + .seconds(60 * minute)
            table.checked(InstanceKey(service: "llm", id: "sick"), isHealthy: false, at: now)
            table.checked(InstanceKey(service: "llm", id: "well"), isHealthy: true, at: now)
        }
        table.sweep(at: start + .seconds(599))
        #expect(table.count == 4)
        table.sweep(at: start + .seconds(600))
        #expect(table.instances(of: "llm").map(\.key.id).sorted() == ["leased", "well"])
        #expect(table.health(of: InstanceKey(service: "llm", id: "well"))?.lastCheck != nil)
    }

    @Test("Each put counts for its time to live; who is late is forgotten")
    func expiry() throws {
        var table = try table([instance("a"), instance("b")], timeToLive: .seconds(10))
        try table.put(instance("b"), timeToLive: .seconds(10), at: start + .seconds(5))
        table.expire(at: start + .milliseconds(9999))
        #expect(table.count == 2)
        table.expire(at: start + .seconds(10))
        #expect(table.takeEvents() == [.deregistered(key)])
        #expect(table.nextDeadline == start + .seconds(15))
        table.expire(at: start + .seconds(15))
        #expect(table.count == 0 && table.nextDeadline == nil)
        #expect(table.services.isEmpty)
    }

    @Test("Instances are found by tags and status")
    func selection() throws {
        var table = try table([
            instance("a", tags: ["gpu", "eu"]), instance("b", tags: ["gpu"]),
            instance("c", .draining, tags: ["gpu"]), instance("d"),
        ])
        func ids(_ selection: InstanceSelection) -> [String] {
            table.discover("llm", selection).map(\.key.id).sorted()
        }
        #expect(ids(InstanceSelection()) == ["a", "b", "c", "d"])
        #expect(ids(InstanceSelection(tags: ["gpu"])) == ["a", "b", "c"])
        #expect(ids(InstanceSelection(tags: ["gpu", "eu"])) == ["a"])
        #expect(ids(InstanceSelection(tags: ["gpu"], statuses: [.available])) == ["a", "b"])
        #expect(ids(InstanceSelection(tags: ["no"])) == [])
        try table.put(instance("b", tags: ["cpu"]), timeToLive: nil, at: start)
        #expect(ids(InstanceSelection(tags: ["cpu"])) == ["b"])
    }

    @Test("A table is full at its limits, and has room again when one goes")
    func limits() throws {
        var limits = InstanceTable.Limits()
        limits.instancesOfService = 2
        limits.services = 2
        limits.instances = 3
        var table = InstanceTable(limits)
        func put(_ service: String, _ id: String) -> String? {
            let key = InstanceKey(service: service, id: id)
            do throws(StoreFailure) {
                try table.put(
                    Instance(key, host: "h", port: 1, status: .available), timeToLive: nil,
                    at: start)
                return nil
            } catch { return error.text }
        }
        #expect(put("a", "1") == nil && put("a", "2") == nil && put("a", "2") == nil)
        #expect(put("a", "3") == "the service has 2 instances, and no more are kept")
        #expect(put("b", "1") == nil)
        #expect(put("c", "1") == "there are 2 services, and no more are kept")
        #expect(put("b", "2") == "there are 3 instances, and no more are kept")
        table.remove(InstanceKey(service: "a", id: "1"))
        #expect(put("b", "2") == nil)
    }

    @Test("Any order of puts, removals and checks leaves what a simple model has")
    func model() throws {
        var random = SplitMix64(seed: 16)
        var limits = InstanceTable.Limits()
        limits.documents = .init()
        var table = InstanceTable(limits)
        var model: [String: (tags: [String], deadline: Int)] = [:]
        for second in 0..<4000 {
            let id = "\(Int.random(in: 0..<40, using: &random))"
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                let tags = ["x", "y", "z"].filter { _ in Bool.random(using: &random) }
                let time = Int.random(in: 1...60, using: &random)
                try table.put(
                    instance(id, tags: tags), timeToLive: .seconds(time),
                    at: start + .seconds(second))
                model[id] = (tags, second + time)
            case 6..<8:
                table.remove(InstanceKey(service: "llm", id: id))
                model[id] = nil
            default:
                table.expire(at: start + .seconds(second))
                model = model.filter { $0.value.deadline > second }
            }
            let tag = ["x", "y", "z"].randomElement(using: &random)!
            let found = table.discover("llm", InstanceSelection(tags: [tag]))
            #expect(
                Set(found.map(\.key.id))
                    == Set(model.filter { $0.value.tags.contains(tag) }.keys))
            #expect(table.count == model.count)
            if second % 100 == 0 {
                var list = EncodedList(of: "llm", hasSights: true)
                table.write("llm", InstanceSelection(tags: [tag]), to: &list)
                list.end("")
                let read = list.bytes.withUnsafeBytes { InstanceList.instances($0, of: "llm") }
                #expect(read == found.sorted { $0.key.id < $1.key.id })
                // Also in this order.
                let text = InstanceList.bytes(of: "llm", read ?? []) { _ in
                    .init(lastHealthCheck: 0, consecutiveFailures: 0)
                }
                #expect(list.bytes == text)
            }
        }
        table.expire(at: start + .seconds(5000))
        #expect((table.count, table.encodedBytes) == (0, 0))
    }

    @Test("All documents together have a limit, and what changes its size is counted anew")
    func documents() throws {
        var limits = InstanceTable.Limits()
        limits.documents = .init()
        limits.documents?.inAll = 1700
        var table = InstanceTable(limits)
        func put(_ service: String, _ version: String) -> String? {
            var instance = Instance(
                InstanceKey(service: service, id: "a"), host: "h", port: 1, status: .available)
            instance.version = version
            do throws(StoreFailure) {
                try table.put(instance, timeToLive: nil, at: start)
                return nil
            } catch { return error.text }
        }
        let long = String(repeating: "x", count: 250)
        for service in ["a", "b", "c"] { #expect(put(service, long) == nil) }
        #expect(put("d", long)?.hasPrefix("the lists of all services have") == true)
        #expect(put("a", "1") == nil && put("d", "1") == nil)
        #expect(put("a", long) != nil)
        table.remove(InstanceKey(service: "b", id: "a"))
        #expect(put("a", long) == nil)
    }
}
