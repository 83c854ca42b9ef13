// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
import EtcdRegistry
import EventLoops
import InstanceRegistry
import NetworkChecks
import Outbound
import RedisRegistry
import SystemIO

/// Many stores on one loop, each with a connection of its own, and one instance. Belongs to the loop.
final class RegistryLoad {
    private let loop: EventLoop
    private let makeStore: (EventLoop) -> any RegistryStore
    private var writers: [(store: any RegistryStore, instance: Instance)] = []
    private var watches: [(store: any RegistryStore, watch: any StoreWatch)] = []
    private var result = StepResult()
    private var next = 0
    /// Watchers that have not been told yet of what is waited for.
    private var untold: Set<Int> = []
    private var isAwaited: ([Instance]) -> Bool = { _ in false }
    private var onTold: () -> Void = {}

    private static let service = "load"

    init(_ url: String, instances: Int, on loop: EventLoop) throws {
        self.loop = loop
        var options = CheckOptions()
        if url.hasPrefix("etcd") {
            let settings = try EtcdTarget(url, &options).settings
            let resolver = OutboundResolver()
            makeStore = { EtcdStore(settings, on: $0, resolver) }
        } else {
            let target = try RedisTarget(url, &options)
            makeStore = { RedisStore(target, on: $0) }
        }
        for number in 0..<instances {
            var instance = Instance(
                InstanceKey(service: Self.service, id: "load-\(100_000 + number)"),
                host: "10.0.\(number / 250).\(number % 250)", port: 50_051, status: .available)
            instance.healthCheckURL = "http://\(instance.address)/health"
            instance.version = "1.2.3"
            instance.tags = ["gpu", "eu", "model-7b"]
            instance.metadata = ["zone": "b", "rack": "17"]
            writers.append((makeStore(loop), instance))
        }
    }

    /// What the step has found, once.
    func takeResult() -> StepResult {
        defer { result = StepResult() }
        return result
    }

    // MARK: Writes

    /// Each writes for the first time, all at once.
    func register(_ done: @escaping () -> Void) {
        var left = writers.count
        for index in writers.indices {
            put(index) {
                left -= 1
                if left == 0 { done() }
            }
        }
    }

    /// They write in turn, so many a second.
    func renew(rate: Int, count: Int, _ done: @escaping () -> Void) {
        let began = MonotonicTime.now()
        var (sent, answered) = (0, 0)
        func tick() {
            let due = min(count, Int((MonotonicTime.now() - began) / .seconds(1) * Double(rate)))
            while sent < due {
                sent += 1
                next = (next + 1) % writers.count
                put(next) {
                    answered += 1
                    if answered == count { done() }
                }
            }
            if sent < count { _ = loop.schedule(at: .now() + .milliseconds(10)) { tick() } }
        }
        tick()
    }

    private func put(_ index: Int, _ done: @escaping () -> Void) {
        let began = MonotonicTime.now()
        writers[index].store.put(writers[index].instance) { [self] outcome in
            if case .failure = outcome { result.failures += 1 }
            result.times.append((MonotonicTime.now() - began) / .milliseconds(1))
            done()
        }
    }

    // MARK: Watches

    /// So many watch; done when each has the whole list.
    func watch(_ count: Int, _ done: @escaping () -> Void) {
        let all = writers.count
        awaitAll(Set(0..<count), { $0.count == all }, done)
        for number in 0..<count {
            let store = makeStore(loop)
            let watch = store.watch(Self.service) { [self] news in
                switch news {
                case .instances(let instances):
                    if untold.contains(number), isAwaited(instances) { told(number) }
                case .away: result.failures += 1
                }
            }
            watches.append((store, watch))
        }
    }

    /// Nothing changes.
    func wait(_ time: Duration, _ done: @escaping () -> Void) {
        _ = loop.schedule(at: .now() + time) { done() }
    }

    /// So many changes, one after the other: the time of each until the last watcher has been told.
    func change(_ count: Int, _ done: @escaping () -> Void) {
        if count == 0 { return done() }
        let wanted: InstanceStatus = count % 2 == 0 ? .draining : .available
        let began = MonotonicTime.now()
        writers[0].instance.status = wanted
        let key = writers[0].instance.key
        awaitAll(
            Set(watches.indices),
            { instances in instances.contains { $0.key == key && $0.status == wanted } },
            { [self] in
                result.times.append((MonotonicTime.now() - began) / .milliseconds(1))
                _ = loop.schedule(at: .now() + .milliseconds(100)) { [self] in
                    change(count - 1, done)
                }
            })
        let (store, instance) = writers[0]
        store.put(instance) { [self] outcome in
            if case .failure = outcome { result.failures += 1 }
        }
    }

    private func awaitAll(
        _ watchers: Set<Int>, _ isAwaited: @escaping ([Instance]) -> Bool,
        _ onTold: @escaping () -> Void
    ) {
        (untold, self.isAwaited, self.onTold) = (watchers, isAwaited, onTold)
        if watchers.isEmpty { onTold() }
    }

    private func told(_ number: Int) {
        untold.remove(number)
        if untold.isEmpty { onTold() }
    }
}

/// What a step has found: times in milliseconds.
struct StepResult {
    var times: [Double] = []
    var failures = 0

    var count: Int { times.count }
    var median: Double { part(0.5) }
    var p99: Double { part(0.99) }

    private func part(_ share: Double) -> Double {
        times.isEmpty ? 0 : times.sorted()[min(times.count - 1, Int(Double(times.count) * share))]
    }
}
