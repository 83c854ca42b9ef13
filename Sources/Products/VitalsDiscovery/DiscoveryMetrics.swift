// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import DiscoveryClient
import InstanceRegistry
import Synchronization
import SystemIO

/// What a ``Discovery`` counts with swift-metrics. From any thread; services beyond a limit are not counted.
final class DiscoveryMetrics: Sendable {
    /// How a call of a service has ended.
    enum Result: String, CaseIterable { case succeeded, failed, abandoned, none }

    private struct Meters {
        let hits: Counter
        let misses: Counter
        let lookup: CoreMetrics.Timer
        let calls: [Result: Counter]
        let age: Gauge
        let usable: Gauge
        let statuses: [InstanceStatus: Gauge]
        /// It had an instance at some time: it is not a wrong name.
        var hadInstances = false

        init(_ service: String, _ from: String, _ factory: any MetricsFactory) {
            let name = ("service", service)
            func gauge(_ label: String, _ more: [(String, String)] = []) -> Gauge {
                Gauge(label: label, dimensions: [name] + more, factory: factory)
            }
            func counter(_ label: String, _ dimensions: [(String, String)]) -> Counter {
                Counter(label: label, dimensions: dimensions, factory: factory)
            }
            hits = counter("discovery_lookups", [name, ("cache", "hit")])
            misses = counter("discovery_lookups", [name, ("cache", "miss")])
            lookup = CoreMetrics.Timer(
                label: "discovery_lookup_seconds", dimensions: [name], factory: factory)
            calls = Dictionary(
                uniqueKeysWithValues: Result.allCases.map { result in
                    let edge = [("from", from), ("to", service), ("result", result.rawValue)]
                    return (result, counter("discovery_calls", edge))
                })
            age = gauge("discovery_list_age_seconds")
            usable = gauge("discovery_instances_usable")
            statuses = Dictionary(
                uniqueKeysWithValues: InstanceStatus.allCases.map {
                    ($0, gauge("discovery_instances", [("status", $0.rawValue)]))
                })
        }

        func destroy() {
            for counter in [hits, misses] + calls.values { counter.destroy() }
            for gauge in [age, usable] + statuses.values { gauge.destroy() }
            lookup.destroy()
        }
    }

    private static let limit = 1000

    private let from: String
    private let factory: any MetricsFactory
    private let meters = Mutex<[String: Meters]>([:])

    init(from: String, _ factory: any MetricsFactory) {
        self.from = from
        self.factory = factory
    }

    /// A look-up that was answered from what is known.
    func hit(_ service: String) { of(service)?.hits.increment() }

    /// A look-up that waited for the source.
    func missed(_ service: String, _ time: Duration) {
        guard let meters = of(service) else { return }
        meters.misses.increment()
        meters.lookup.recordNanoseconds(time.wholeNanoseconds)
    }

    /// A call has ended.
    func ended(_ service: String, _ result: Result) { of(service)?.calls[result]?.increment() }

    /// What is known of a service now; nil when it was let go of.
    func tell(_ service: String, _ found: FoundInstances?, at now: MonotonicTime) {
        guard let meters = of(service) else { return }
        if let found, !found.statuses.isEmpty || !found.instances.isEmpty {
            self.meters.withLock { $0[service]?.hadInstances = true }
        } else if found == nil, !meters.hadInstances {
            // A wrong name takes no place from others any more.
            return forget(service)
        }
        let age = found?.age(at: now) ?? .zero
        meters.age.record(age.seconds)
        meters.usable.record(found?.instances.count ?? 0)
        for (status, gauge) in meters.statuses { gauge.record(found?.statuses[status] ?? 0) }
    }

    private func forget(_ service: String) {
        let forgotten = meters.withLock { $0.removeValue(forKey: service) }
        forgotten?.destroy()
    }

    private func of(_ service: String) -> Meters? {
        meters.withLock { meters in
            if let known = meters[service] { return known }
            guard meters.count < Self.limit else { return nil }
            let new = Meters(service, from, factory)
            meters[service] = new
            return new
        }
    }
}
