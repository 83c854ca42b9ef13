// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceRegistry
import TestSupport

extension Bench {
    func list() throws {
        try check(try store.list(service), is: [], "a service without instances")
        let (first, second) = (instance("a-1"), instance("b.2_x", .starting))
        try check(try store.put(first), is: .registered, "the first put")
        try check(try store.put(second), is: .registered, "the first put of another")
        try check(try store.list(service), is: [first, second], "what is listed")
    }

    func keep() throws {
        var mine = instance("a")
        try check(try store.put(mine), is: .registered, "the first put")
        try check(try store.put(mine), is: .kept, "the second put")
        // What it wrote itself is no change by another.
        mine.status = .draining
        mine.metadata["model"] = "other"
        mine.tags = []
        try check(try store.put(mine), is: .kept, "a put with own changes")
        try check(try store.list(service), is: [mine], "what is listed")
    }

    func repair() throws {
        let mine = instance("a")
        _ = try store.put(mine)
        var foreign = mine
        foreign.port = 1
        foreign.metadata = [:]
        _ = try other.put(foreign)
        try check(try store.put(mine), is: .repaired, "a put after a foreign change")
        try check(try store.list(service), is: [mine], "what is listed")
        try check(try store.put(mine), is: .kept, "the put after the repair")
    }

    func registerAgain() throws {
        let mine = instance("a")
        _ = try store.put(mine)
        try other.remove(mine.key)
        try check(try store.put(mine), is: .registered, "a put after it was lost")
        try check(try store.put(mine), is: .kept, "the put after that")
        try check(try other.list(service), is: [mine], "what is listed")
    }

    func fillAgain() throws {
        let (first, second) = (instance("a"), instance("b"))
        _ = try store.put(first)
        _ = try store.put(second)
        let watch = try store.watch(service)
        try watch.next("two instances") { $0.count == 2 }
        try rig.loseAll()
        // The loss may have cut connections: a put may fail, and is made again as a registration does it.
        try check(try putUntilDone(first), is: .registered, "a put after the loss")
        _ = try putUntilDone(second)
        try check(try store.list(service), is: [first, second], "what is listed after the loss")
        // It may have been too quick for the watch to see the loss; it sees what comes after.
        _ = try store.put(instance("c"))
        try watch.next("three instances") { $0.ids == ["a", "b", "c"] }
    }

    func remove() throws {
        let (first, second) = (instance("a"), instance("b"))
        _ = try store.put(first)
        _ = try store.put(second)
        let watch = try other.watch(service)
        try watch.next("two instances") { $0.count == 2 }
        try store.remove(first.key)
        try check(try store.list(service), is: [second], "what is listed after a removal")
        try watch.next("the removal") { $0.ids == ["b"] }
        try store.remove(first.key)
        try store.remove(second.key)
        try watch.next("the removal of the last") { $0.isEmpty }
        try check(try store.list(service), is: [], "what is listed at the end")
    }

    func tellStatus() throws {
        var mine = instance("a", .starting)
        _ = try store.put(mine)
        let watch = try other.watch(service)
        for status in [InstanceStatus.starting, .available, .unavailable, .draining, .available] {
            mine.status = status
            _ = try store.put(mine)
            try watch.next("\(status)") { $0 == [mine] }
            try check(try other.list(service), is: [mine], "what is listed")
        }
    }

    func beginWatch() throws {
        let empty = try store.watch(service)
        try empty.next("that there is none") { $0.isEmpty }
        let mine = instance("a")
        _ = try store.put(mine)
        try empty.next("the first") { $0 == [mine] }
        let second = try store.watch(service)
        try second.next("what is there") { $0 == [mine] }
    }

    func separateServices() throws {
        let watch = try store.watch(service)
        try watch.next("that there is none") { $0.isEmpty }
        // Names of which one begins with the other.
        var neighbours: [Instance] = []
        for name in [service + "-2", service + ".x", "x" + service, String(service.dropLast())] {
            let key = InstanceKey(service: name, id: "a")
            let neighbour = Instance(key, host: "127.0.0.2", port: 1, status: .available)
            _ = try other.put(neighbour)
            neighbours.append(neighbour)
        }
        try check(try store.list(service), is: [], "what is listed")
        let mine = instance("a")
        _ = try store.put(mine)
        try watch.next("the own one") { $0 == [mine] }
        for neighbour in neighbours {
            try check(try store.list(neighbour.key.service), is: [neighbour], "a neighbour")
            try other.remove(neighbour.key)
        }
        try check(watch.pending, is: 0, "news of neighbours")
    }

    func cancelWatch() throws {
        let (watch, second) = (try store.watch(service), try store.watch(service))
        try watch.next("that there is none") { $0.isEmpty }
        watch.cancel()
        _ = try store.put(instance("a"))
        try second.next("the first") { $0.ids == ["a"] }
        try check(watch.pending, is: 0, "news after the end")
    }

    func twoStores() throws {
        let watch = try store.watch(service)
        let (mine, theirs) = (instance("mine"), instance("theirs", .draining))
        _ = try store.put(mine)
        _ = try other.put(theirs)
        try watch.next("both") { $0.byID == [mine, theirs] }
        try check(try store.list(service), is: [mine, theirs], "what the first lists")
        try check(try other.list(service), is: [mine, theirs], "what the second lists")
        try check(try store.put(mine), is: .kept, "the put of the first")
        try check(try other.put(theirs), is: .kept, "the put of the second")
    }
}
