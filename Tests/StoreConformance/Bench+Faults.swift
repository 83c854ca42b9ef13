// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import InstanceRegistry
import TestSupport

extension Bench {
    func forget() throws {
        let (silent, live) = (instance("silent"), instance("live"))
        _ = try store.put(silent)
        _ = try store.put(live)
        let watch = try other.watch(service)
        try watch.next("both") { $0.count == 2 }
        // It lives on for its whole time from each put.
        for _ in 0..<3 {
            try rig.passTime(0.5)
            try check(try store.put(live), is: .kept, "a put in time")
        }
        try watch.next("that one is forgotten") { $0 == [live] }
        try check(try store.list(service), is: [live], "what is listed")
        try check(try store.put(silent), is: .registered, "a put that came too late")
        try watch.next("that it is there again") { $0.count == 2 }
    }

    func garbage() throws {
        let mine = instance("a")
        _ = try store.put(mine)
        try rig.plantGarbage(service)
        try check(try store.list(service), is: [mine], "what is listed beside garbage")
        let watch = try other.watch(service)
        try watch.next("the valid one") { $0 == [mine] }
        try rig.plantGarbage(service)
        let second = instance("b")
        _ = try store.put(second)
        try watch.next("the valid ones") { $0.byID == [mine, second] }
    }

    func invalid() throws {
        var wrong = instance("a")
        wrong.host = ""
        let refused = try store.begin { [wrong] in $0.put(wrong, $1) }.value()
        guard case .failure(.refused(let reason)) = refused else {
            throw Unexpected(description: "an instance without a host is not refused: \(refused)")
        }
        try check(reason, is: "an instance needs a host", "the reason")
        try check(try store.list(service), is: [], "what is listed")
    }

    func wrongNames() throws {
        // Each would be another key, another path, or another name of DNS.
        for name in ["", "a/b", "a:b", "a b", "a?b", "../a", "*", "ä", longName] {
            let fault = StoreFailure.refusal(of: name)
            try check(fault != nil, "the name is none: \(name)")
            try check(try failure { $0.list(name, $1) }, is: fault, "a list of '\(name)'")
            try check(try store.watch(name).nextAway(), is: fault, "a watch of '\(name)'")
            for key in [
                InstanceKey(service: name, id: "a"), InstanceKey(service: service, id: name),
            ] {
                let refusal = key.fault.map { StoreFailure.refused($0) }
                try check(try failure { $0.remove(key, $1) }, is: refusal, "removing \(key)")
                let wrong = Instance(key, host: "127.0.0.1", port: 1, status: .available)
                try check(try failure { $0.put(wrong, $1) }, is: refusal, "a put of \(key)")
            }
        }
    }

    private var longName: String { String(repeating: "a", count: InstanceLimits.nameBytes + 1) }

    /// Why a call has failed; nil when it has not.
    private func failure<Value: Sendable>(
        _ call:
            @escaping @Sendable (
                any RegistryStore, @escaping (Result<Value, StoreFailure>) -> Void
            ) -> Void
    ) throws -> StoreFailure? {
        guard case .failure(let failure) = try store.begin(call).value() else { return nil }
        return failure
    }

    func order() throws {
        let ids = (0..<40).map { "i\($0)" }.shuffled()
        for id in ids { _ = try store.put(instance(id)) }
        // Those that go and come again move in a table.
        for id in ids.prefix(10) { try store.remove(instance(id).key) }
        for id in ids.prefix(5) { _ = try store.put(instance(id)) }
        let service = service
        let listed = try store.begin { $0.list(service, $1) }.value().get()
        try check(listed.count, is: 35, "how many are listed")
        try check(listed.map(\.key.id), is: listed.ids, "the order of a list")
    }

    func letGo() throws {
        let (service, rig, loop) = (service, rig, group.loops[0])
        let news = Mailbox<StoreFailure>()
        _ = try store.put(instance("a"))
        loop.post {
            guard let made = try? rig.makeStore(on: loop) else {
                return news.put(.refused("no store"))
            }
            // The watch is known to its store only.
            _ = made.watch(service) { told in
                if case .away(let failure) = told { news.put(failure) }
            }
        }
        try check(news.next(), is: .closed, "the last news of a watch")
        try check(news.count, is: 0, "news after the last")
    }

    func crowd() throws {
        let all = (0..<rig.crowd).map { instance("i\($0)") }
        for start in stride(from: 0, to: all.count, by: 256) {
            let answers = all[start..<min(all.count, start + 256)].map { instance in
                store.begin { $0.put(instance, $1) }
            }
            for answer in answers {
                try check(try answer.value().get(), is: .registered, "a put of many")
            }
        }
        try check(try other.list(service), is: all.byID, "what is listed of many")
        let watch = try other.watch(service)
        try watch.next("all") { $0.count == all.count }
        try store.remove(all[0].key)
        try watch.next("one less") { $0.count == all.count - 1 }
        // Stores of other cases share the storage.
        let answers = all.map { instance in store.begin { $0.remove(instance.key, $1) } }
        for answer in answers { try answer.value().get() }
    }

    func close() throws {
        let mine = instance("a")
        _ = try store.put(mine)
        let watch = try store.watch(service)
        try watch.next("the first") { $0 == [mine] }
        let due = store.begin { store, done in
            store.put(mine, done)
            store.close()
        }
        try check(try due.value(), is: .failure(.closed), "a put that is due")
        let service = service
        let late = store.begin { $0.list(service, $1) }
        try check(try late.value(), is: .failure(.closed), "a list after the end")
        let removal = store.begin { $0.remove(mine.key, $1) }
        guard case .failure(.closed) = try removal.value() else {
            throw Unexpected(description: "a removal after the end did not fail")
        }
        try check(try watch.nextAway(), is: .closed, "the last news of a watch")
        let after = try store.watch(service)
        try check(try after.nextAway(), is: .closed, "the news of a watch after the end")
        // It stays registered, and the watch that was open tells nothing of what comes.
        try check(try other.list(service), is: [mine], "what another lists")
        _ = try other.put(instance("b"))
        try check(watch.pending + after.pending, is: 0, "news after the end of a store")
    }

    func away() throws {
        let mine = instance("a")
        _ = try store.put(mine)
        let watch = try store.watch(service)
        try watch.next("the first") { $0 == [mine] }
        try rig.goAway()
        do {
            let failed = try store.begin { $0.put(mine, $1) }.value()
            guard case .failure(.unreachable(let reason)) = failed else {
                throw Unexpected(description: "a put to a store that is away: \(failed)")
            }
            try check(!reason.isEmpty, "a failure without a reason")
            _ = try watch.nextAway()
        } catch {
            try rig.comeBack()
            throw error
        }
        try rig.comeBack()
        _ = try putUntilDone(mine)
        try watch.next("what is there again") { $0 == [mine] }
        let second = instance("b")
        _ = try store.put(second)
        try watch.next("what is new") { $0.byID == [mine, second] }
    }

    /// Puts until the store can be reached, as a registration does.
    func putUntilDone(_ instance: Instance) throws -> PutOutcome {
        var outcome: PutOutcome?
        var failure: StoreFailure?
        let isDone = eventually {
            switch try? store.begin({ $0.put(instance, $1) }).value() {
            case .success(let found): outcome = found
            case .failure(let error): failure = error
            case nil: break
            }
            return outcome != nil
        }
        guard isDone, let outcome else {
            throw Unexpected(
                description: "30 s after it came back: \(failure?.text ?? "no answer")")
        }
        return outcome
    }
}
