// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import DiscoveryClient
import EventLoops
import InstanceRegistry
import LocalRegistry
import SystemIO
import TestSupport
import Testing

/// A store whose answers a test gives.
private final class ScriptedStore: RegistryStore {
    final class Watch: StoreWatch {
        var told: ((WatchNews) -> Void)?
        func cancel() { told = nil }
    }

    var watches: [Watch] = []
    var lists: [(Result<[Instance], StoreFailure>) -> Void] = []

    func put(_ instance: Instance, _ done: @escaping (Result<PutOutcome, StoreFailure>) -> Void) {}
    func remove(_ key: InstanceKey, _ done: @escaping (Result<Void, StoreFailure>) -> Void) {}
    func list(
        _ service: String, _ done: @escaping (Result<[Instance], StoreFailure>) -> Void
    ) { lists.append(done) }
    func watch(_ service: String, _ told: @escaping (WatchNews) -> Void) -> any StoreWatch {
        let watch = Watch()
        watch.told = told
        watches.append(watch)
        return watch
    }
    func close() {}
    func tell(_ news: WatchNews) { for watch in watches { watch.told?(news) } }
}

@Suite("The finder of services")
struct ServiceFinderTests {
    /// Runs a test on a loop; the value that it gives is waited for.
    private func onLoop<Value: Sendable>(
        _ body: @escaping @Sendable (EventLoop, @escaping (Value) -> Void) -> Void
    ) throws -> Value? {
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let box = Mailbox<Value>()
        group.loops[0].post { body(group.loops[0]) { box.put($0) } }
        return box.next()
    }

    private static func instance(_ id: String, of service: String = "s") -> Instance {
        Instance(
            InstanceKey(service: service, id: id), host: "h", port: 1, status: .available)
    }

    @Test("The first look-up waits for the store; from then on a watch keeps the cache fresh")
    func cache() throws {
        let seen: [String]? = try onLoop { loop, done in
            let directory = InstanceDirectory(on: loop)
            let store = MemoryStore(of: directory)
            let finder = ServiceFinder(in: store, on: loop)
            var seen: [String] = []
            try? directory.put(Self.instance("a"), timeToLive: nil)
            seen.append(finder.cached("s") == nil ? "nothing" : "something")
            finder.find("s", within: .seconds(10)) { found in
                seen.append(found.instances.map(\.key.id).joined() + " \(found.source)")
                try? directory.put(Self.instance("b"), timeToLive: nil)
                _ = loop.schedule(at: .now()) {
                    seen.append(finder.cached("s")?.instances.map(\.key.id).joined() ?? "")
                    finder.find("s", within: .zero) { found in
                        seen.append("\(found.instances.count)")
                        finder.close()
                        done(seen)
                    }
                }
            }
        }
        #expect(seen == ["nothing", "a store", "ab", "2"])
    }

    @Test("A static list serves at once, and a store that is silent costs a look-up its limit")
    func silent() throws {
        let found: [FoundInstances]? = try onLoop { loop, done in
            let finder = ServiceFinder(
                in: ScriptedStore(), on: loop, fallback: ["s": [Self.instance("x")]])
            finder.find("s", within: .seconds(3600)) { first in
                finder.find("t", within: .milliseconds(5)) { second in
                    finder.close()
                    done([first, second])
                }
            }
        }
        #expect(found?.map(\.source) == [.fallback, .nothing])
        #expect(found?.first?.instances.map(\.key.id) == ["x"])
    }

    @Test("A store that cannot be asked ends the wait of a look-up")
    func away() throws {
        let found: FoundInstances? = try onLoop { loop, done in
            let store = ScriptedStore()
            let finder = ServiceFinder(in: store, on: loop)
            finder.find("s", within: .seconds(3600)) { found in
                finder.close()
                done(found)
            }
            store.tell(.away(.unreachable("gone")))
        }
        #expect(found?.source == .nothing)
    }

    @Test("A store that empties leaves half in use; a request that fails takes one out")
    func floor() throws {
        let seen: [Int]? = try onLoop { loop, done in
            let store = ScriptedStore()
            let finder = ServiceFinder(in: store, on: loop)
            _ = finder.cached("s")
            store.tell(.instances(["a", "b", "c", "d"].map { Self.instance($0) }))
            var seen = [finder.cached("s")?.instances.count ?? 0]
            store.tell(.away(.unreachable("gone")))
            seen.append(finder.cached("s")?.instances.count ?? 0)
            store.tell(.instances([]))
            seen.append(finder.cached("s")?.instances.count ?? 0)
            for _ in 0..<4 {
                guard let chosen = finder.choose("s") else { break }
                finder.ended(chosen.key, .failed)
            }
            seen.append(finder.cached("s")?.instances.count ?? 0)
            seen.append(finder.counts.timesAway)
            seen.append(finder.counts.timesBelowFloor)
            done(seen)
        }
        #expect(seen == [4, 4, 2, 0, 1, 1])
    }

    @Test("Other threads see what is found, and a second try goes elsewhere")
    func shared() throws {
        let seen: [String]? = try onLoop { loop, done in
            let store = ScriptedStore()
            let finder = ServiceFinder(in: store, on: loop)
            let services = finder.services
            var changes: [String] = []
            finder.onChange = { changes.append($0) }
            let before = services.choose("s", at: .now())?.key.id ?? "nothing"
            _ = finder.cached("s")
            store.tell(.instances(["a", "b"].map { Self.instance($0) }))
            // Each is tried twice in a row, and never the same one.
            let pairs = (0..<4).map { _ in
                let first = services.choose("s", at: .now())?.key.id ?? ""
                let second = services.choose("s", besides: [first], at: .now())?.key.id ?? ""
                return first == second ? "same" : "other"
            }
            let none = services.choose("s", besides: ["a", "b"], at: .now()) == nil
            finder.close()
            let after = services.found("s", at: .now()) == nil ? "nothing" : "something"
            done([before] + pairs + ["\(none)", after, "\(changes.count)"])
        }
        #expect(
            seen == ["nothing", "other", "other", "other", "other", "false", "nothing", "3"])
    }

    @Test(
        "One more than the limit takes the place of a wrong name, then of the one not asked for for longest"
    )
    func eviction() throws {
        let seen: [[String]]? = try onLoop { loop, done in
            let store = ScriptedStore()
            var options = ServiceFinder.Options()
            options.services = 3
            let finder = ServiceFinder(in: store, on: loop, options)
            let names = ["old", "wrong", "used"]
            for (name, watch) in zip(names, 0...) {
                _ = finder.cached(name)
                store.watches[watch].told?(
                    .instances(name == "wrong" ? [] : [Self.instance(name, of: name)]))
            }
            var seen: [[String]] = []
            // Of the clock of a loop, which stands within a tick.
            func later(_ work: @escaping () -> Void) {
                _ = loop.schedule(at: .now() + .milliseconds(2), work)
            }
            later {
                // By another thread, without the loop.
                _ = finder.services.found("used", at: .now())
                _ = finder.cached("new")
                seen.append(finder.names)
                store.watches[3].told?(.instances([Self.instance("new", of: "new")]))
                later {
                    _ = finder.cached("newer")
                    seen.append(finder.names)
                    seen.append(store.watches.map { $0.told == nil ? "ended" : "open" })
                    seen.append(["\(finder.counts.evictions)"])
                    done(seen)
                }
            }
        }
        #expect(
            seen == [
                ["new", "old", "used"], ["new", "newer", "used"],
                ["ended", "ended", "open", "open", "open"], ["2"],
            ])
    }

    @Test("What somebody waits for or holds is not evicted: one more is refused, and it is said")
    func limit() throws {
        let found: FoundInstances? = try onLoop { loop, done in
            var options = ServiceFinder.Options()
            options.services = 1
            let finder = ServiceFinder(in: ScriptedStore(), on: loop, options)
            _ = finder.hold("s")
            finder.find("t", within: .seconds(3600)) { done($0) }
        }
        #expect(found?.source == .nothing && found?.instances.isEmpty == true)
        #expect(found?.failure?.text == "1 services are in use, and no more are taken")
    }

    @Test("What is held is not let go of")
    func held() throws {
        let seen: [Bool]? = try onLoop { loop, done in
            let store = ScriptedStore()
            var options = ServiceFinder.Options()
            options.refresh = .milliseconds(1)
            options.idle = .zero
            let finder = ServiceFinder(in: store, on: loop, options)
            _ = finder.hold("s")
            var seen: [Bool] = []
            func poll() {
                // It was compared with the store, and is still there.
                if store.lists.count >= 2, seen.isEmpty {
                    seen.append(finder.names == ["s"])
                    finder.release("s")
                }
                if finder.names.isEmpty { return done(seen + [true]) }
                _ = loop.schedule(at: .now() + .milliseconds(1)) { poll() }
            }
            poll()
        }
        #expect(seen == [true, true])
    }

    @Test("A list that differs from what the watch told is counted, and what is idle is let go of")
    func refresh() throws {
        let seen: [Int]? = try onLoop { loop, done in
            let store = ScriptedStore()
            var options = ServiceFinder.Options()
            options.refresh = .milliseconds(1)
            options.idle = .milliseconds(200)
            let finder = ServiceFinder(in: store, on: loop, options)
            _ = finder.cached("s")
            store.tell(.instances([Self.instance("a")]))
            func poll() {
                for list in store.lists { list(.success([Self.instance("b")])) }
                store.lists = []
                guard store.watches[0].told == nil else {
                    _ = loop.schedule(at: .now() + .milliseconds(1)) { poll() }
                    return
                }
                done([finder.counts.missedChanges, store.watches.count])
            }
            poll()
        }
        #expect(seen == [1, 1])
    }
}
