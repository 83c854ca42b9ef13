// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import CoreMetrics
import Exposition
import Testing

@testable import Telemetry

@Suite("The factory of swift-metrics")
struct MetricsRegistryTests {
    private let registry = MetricsRegistry(
        reserved: [MetricFamily(.counter, "grpc_server_started", help: "S.")])

    private func page(_ registry: MetricsRegistry? = nil) -> String {
        let families = (registry ?? self.registry).families
        return String(decoding: ExpositionWriter.page(families, .text), as: UTF8.self)
    }

    @Test("makes counters, gauges, meters, recorders and timers that appear on the page")
    func kinds() {
        Counter(label: "jobs.done", dimensions: [("queue", "a")], factory: registry)
            .increment(by: 3)
        FloatingPointCounter(label: "energy", factory: registry).increment(by: 1.5)
        Gauge(label: "depth", factory: registry).record(7)
        let meter = Meter(label: "load", factory: registry)
        meter.set(2.5)
        meter.increment(by: 1)
        meter.decrement(by: 0.5)
        Recorder(label: "size", factory: registry).record(30)
        Timer(label: "work", factory: registry).recordMilliseconds(3)
        let text = page()
        #expect(text.contains("# TYPE jobs_done_total counter\njobs_done_total{queue=\"a\"} 3\n"))
        #expect(text.contains("# HELP jobs_done_total What the program counts as jobs.done.\n"))
        #expect(text.contains("energy_total 1.5\n"))
        #expect(text.contains("# TYPE depth gauge\ndepth 7.0\n"))
        #expect(text.contains("load 3.0\n"))
        #expect(text.contains("size_bucket{le=\"25.0\"} 0\nsize_bucket{le=\"100.0\"} 1\n"))
        #expect(text.contains("work_seconds_bucket{le=\"0.0025\"} 0\n"))
        #expect(text.contains("work_seconds_bucket{le=\"0.005\"} 1\n"))
        #expect(text.contains("work_seconds_sum 0.003\nwork_seconds_count 1\n"))
    }

    @Test("gives one series to all metrics of the same name and labels, in any order")
    func shared() {
        for labels in [[("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")]] {
            Counter(label: "hits", dimensions: labels, factory: registry).increment()
        }
        #expect(page().contains("hits_total{a=\"1\",b=\"2\"} 2\n"))
        #expect(registry.seriesCount == 1)
    }

    @Test("A counter that is set to zero counts from there; less than nothing is nothing")
    func resets() {
        let counter = Counter(label: "hits", factory: registry)
        counter.increment(by: 5)
        counter.reset()
        counter.increment(by: 2)
        counter.increment(by: -4)
        #expect(page().contains("hits_total 2\n"))
    }

    @Test("A series that was destroyed is gone, and begins anew")
    func destroyed() {
        let counter = Counter(label: "hits", factory: registry)
        counter.increment(by: 5)
        counter.destroy()
        #expect(!page().contains("hits"))
        #expect(registry.seriesCount == 0)
        Counter(label: "hits", factory: registry).increment()
        #expect(page().contains("hits_total 1\n"))
        // Its name is free again, for another kind too.
        let other = MetricsRegistry()
        Gauge(label: "x", factory: other).destroy()
        Recorder(label: "x", factory: other).record(1)
        #expect(page(other).contains("# TYPE x histogram\n"))
    }

    @Test("A name that the page has anyway gets a prefix; one of another kind is rejected")
    func collisions() {
        Counter(label: "grpc_server_started", factory: registry).increment()
        #expect(page().contains("app_grpc_server_started_total 1\n"))
        Counter(label: "x", factory: registry).increment()
        Gauge(label: "x", factory: registry).record(1)
        Gauge(label: "x", factory: registry).record(1)
        Gauge(label: "app_x", factory: registry).record(1)
        // The second kind has the prefix, and the third finds that taken.
        #expect(page().contains("# TYPE app_x gauge\n"))
        Recorder(label: "x", factory: registry).record(1)
        #expect(registry.rejected == 1)
    }

    @Test("The series of a name are bounded: what is beyond is one series")
    func bounded() {
        var limits = MetricsRegistry.Limits()
        limits.seriesOfName = 10
        let registry = MetricsRegistry(limits: limits)
        for user in 0..<10_000 {
            Counter(label: "logins", dimensions: [("user", "\(user)")], factory: registry)
                .increment()
        }
        #expect(registry.seriesCount == 11)
        #expect(page(registry).contains("logins_total{overflow=\"true\"} 9990\n"))
        #expect(registry.rejected == 0)
    }

    @Test("The series of all names are bounded: what is beyond is counted, and nothing more")
    func boundedInAll() {
        var limits = MetricsRegistry.Limits()
        limits.series = 5
        let registry = MetricsRegistry(limits: limits)
        for name in 0..<100 { Counter(label: "n\(name)", factory: registry).increment() }
        Timer(label: "t", factory: registry).recordNanoseconds(1)
        #expect(registry.seriesCount == 5)
        #expect(registry.rejected == 96)
    }

    @Test("Names and values from outside are cut and made legal")
    func hostile() {
        let long = String(repeating: "é", count: 1000)
        Counter(label: long, dimensions: [("le", "a\nb"), ("", long)], factory: registry)
            .increment()
        let text = page()
        #expect(text.utf8.count < 2000)
        #expect(text.contains("label_le=\"a\\nb\""))
    }

    @Test("Threads count in cells of their own, and lose nothing when they end")
    func threads() async {
        let counter = Counter(label: "hits", factory: registry)
        let timer = Timer(label: "work", factory: registry)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    await withCheckedContinuation { continuation in
                        Self.onNewThread {
                            for _ in 0..<1000 { counter.increment() }
                            timer.recordSeconds(1)
                            continuation.resume()
                        }
                    }
                }
            }
        }
        #expect(page().contains("hits_total 8000\n"))
        #expect(page().contains("work_seconds_sum 8.0\n"))
    }

    private static func onNewThread(_ body: @escaping @Sendable () -> Void) {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(Box(body)).toOpaque()
        pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer else { return nil }
                Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body()
                return nil
            }, argument)
        pthread_detach(thread)
    }
}
