// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import GRPCWire
import Testing

@testable import OTLPExport

@Suite("Families as requests of OTLP")
struct MetricsBatchesTests {
    private let times = PushTimes(start: 1_000, now: 2_000)

    private func batches(
        _ families: [MetricFamily], sizeLimit: Int = MetricsBatches.sizeLimit
    ) -> [Message] {
        var batches = MetricsBatches(
            families, of: [PushAttribute("service.name", "chat")], version: "1.2.3", times,
            sizeLimit: sizeLimit)
        var all: [Message] = []
        while let batch = batches.next() {
            #expect(batch.bytes.count - 5 <= sizeLimit)
            all.append(Message(batch))
        }
        return all
    }

    /// The `Metric` messages of a request.
    private func metrics(_ batch: Message?) -> [Message] {
        batch?.message(1, 2)?.messages(2) ?? []
    }

    /// The only `Metric` that a family becomes.
    private func metric(_ family: MetricFamily) throws -> Message {
        let batches = batches([family])
        try #require(batches.count == 1)
        let metrics = metrics(batches.first)
        try #require(metrics.count == 1)
        return metrics[0]
    }

    @Test("A request names the resource and the scope")
    func envelope() throws {
        let batch = try #require(
            batches([MetricFamily(.gauge, "a", help: "A.", .integer(1))]).first)
        #expect(batch.message(1, 1)?.attributes(1) == ["service.name=chat"])
        let scope = batch.message(1, 2, 1)
        #expect(scope?.text(1) == "vitals")
        #expect(scope?.text(2) == "1.2.3")
    }

    @Test("A counter is a monotonic sum since the start, without what Prometheus appends")
    func counter() throws {
        var family = MetricFamily(.counter, "rpcs", help: "Calls.")
        family.add(.integer(0), MetricLabel("method", "Check"), MetricLabel("code", "OK"))
        family.add(.number(2.5))
        family.add(.sampled(7, MetricExemplar([], value: 1)))
        let metric = try metric(family)
        #expect(metric.text(1) == "rpcs")
        #expect(metric.text(2) == "Calls.")
        #expect(metric[3] == nil)
        let sum = try #require(metric.message(7))
        #expect(sum[2] == .varint(2))
        #expect(sum[3] == .varint(1))
        let points = sum.messages(1)
        try #require(points.count == 3)
        #expect(points[0].attributes(7) == ["method=Check", "code=OK"])
        #expect(points[0][2] == .fixed64(1_000))
        #expect(points[0][3] == .fixed64(2_000))
        #expect(points[0][6] == .fixed64(0))
        #expect(points[1].double(4) == 2.5)
        #expect(points[2][6] == .fixed64(7))
    }

    @Test(
        "A gauge has a value, and no start",
        arguments: [
            ("seconds", "s"), ("bytes", "By"), ("ratio", "1"), ("celsius", "celsius"),
        ])
    func gauge(unit: String, code: String) throws {
        let metric = try metric(
            MetricFamily(.gauge, "age_\(unit)", unit: unit, help: "", .integer(-4)))
        #expect(metric.text(1) == "age_\(unit)")
        #expect(metric.text(3) == code)
        let point = try #require(metric.message(5, 1))
        #expect(point[6] == .fixed64(UInt64(bitPattern: -4)))
        #expect(point[2] == nil)
        #expect(metric.message(7) == nil)
    }

    @Test("A histogram has a number for each range, and one more than there are bounds")
    func histogram() throws {
        var value = HistogramValue(bounds: [0.5, 2])
        for observed in [0.5, 1, 1.5, 9] { value.observe(observed) }
        let family = MetricFamily(
            .histogram, "wait_seconds", unit: "seconds", help: "",
            points: [MetricPoint(.histogram(value), [MetricLabel("queue", "a")])])
        let histogram = try #require(try metric(family).message(9))
        #expect(histogram[2] == .varint(2))
        let point = try #require(histogram.message(1))
        #expect(point.attributes(9) == ["queue=a"])
        #expect(point[2] == .fixed64(1_000))
        #expect(point[3] == .fixed64(2_000))
        #expect(point[4] == .fixed64(4))
        #expect(point.double(5) == 12)
        #expect(point.packed(6) == [1, 2, 1])
        #expect(point.packed(7).map { Double(bitPattern: $0) } == [0.5, 2])
    }

    @Test("An info is a gauge of 1, and each state of a set is one of 1 or 0")
    func infoAndStates() throws {
        let info = try metric(
            MetricFamily(
                .info, "build", help: "",
                points: [MetricPoint(.info, [MetricLabel("version", "1")])]))
        #expect(info.text(1) == "build_info")
        #expect(info.message(5, 1)?.attributes(7) == ["version=1"])
        #expect(info.message(5, 1)?[6] == .fixed64(1))
        var set = MetricFamily(.stateSet, "status", help: "")
        set.add(
            .states([MetricState("up", isCurrent: false), MetricState("down", isCurrent: true)]),
            MetricLabel("name", "x"))
        let points = try metric(set).message(5)?.messages(1) ?? []
        #expect(
            points.map { $0.attributes(7) } == [
                ["name=x", "status=up"], ["name=x", "status=down"],
            ])
        #expect(points.map { $0[6] } == [.fixed64(0), .fixed64(1)])
    }

    @Test("Families without series are left out, and without any there is no request")
    func nothing() {
        #expect(batches([]).isEmpty)
        let empty = MetricFamily(.gauge, "a", help: "A.")
        #expect(batches([empty]).isEmpty)
        let batches = batches([empty, MetricFamily(.gauge, "b", help: "", .integer(1)), empty])
        #expect(metrics(batches.first).map { $0.text(1) } == ["b"])
    }

    @Test(
        "What is more than a request takes is split between families and within them",
        arguments: [
            400, 700, 1_500, 5_000,
        ])
    func split(limit: Int) {
        let families = (0..<20).map { index in
            var family = MetricFamily(.counter, "family_\(index)", help: "The family \(index).")
            for point in 0..<index { family.add(.integer(point), MetricLabel("point", "\(point)")) }
            return family
        }
        let batches = batches(families, sizeLimit: limit)
        #expect(batches.count > 1)
        var seen: [String: [UInt64]] = [:]
        for metric in batches.flatMap({ metrics($0) }) {
            for point in metric.message(7)?.messages(1) ?? [] {
                if case .fixed64(let value)? = point[6] {
                    seen[metric.text(1) ?? "", default: []].append(value)
                }
            }
        }
        for index in 1..<20 { #expect(seen["family_\(index)"] == (0..<UInt64(index)).map { $0 }) }
        #expect(seen.count == 19)
    }

    @Test("A point that alone is more than a request takes goes by itself")
    func hugePoint() {
        var family = MetricFamily(.gauge, "a", help: "")
        family.add(.integer(1), MetricLabel("text", String(repeating: "x", count: 2_000)))
        family.add(.integer(2))
        var batches = MetricsBatches([family], of: [], version: "1", times, sizeLimit: 500)
        var values: [[Message.Value?]] = []
        while let batch = batches.next() {
            values.append(
                (metrics(Message(batch)).first?.message(5)?.messages(1) ?? []).map { $0[6] })
        }
        #expect(values == [[.fixed64(1)], [.fixed64(2)]])
    }

    @Test("A clock that was set back does not make an end before its start")
    func clockSetBack() {
        #expect(PushTimes(start: 5, now: 3) == PushTimes(start: 5, now: 5))
    }
}
