// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import Exposition
package import GRPCWire
import ProtobufWire

/// Families as requests of OTLP (`ExportMetricsServiceRequest`), one after the other: each has at most so many bytes, and
/// only one is in memory.
///
/// Counters are monotonic sums and histograms have explicit bounds, both cumulative; everything else is a gauge: 1 for an
/// info, and 1 or 0 for each state of a set, whose name is an attribute that is called as the family. A name has no `_total`,
/// which a backend that speaks Prometheus appends again.
package struct MetricsBatches {
    /// What collectors take by default is 4 MiB; less is less memory here.
    package static let sizeLimit = 1 << 20

    private let families: [MetricFamily]
    private let resource: [UInt8]
    private let scope: [UInt8]
    private let times: PushTimes
    private let limit: Int
    private var family = 0
    private var point = 0
    /// The fields `metrics` of the batch that is being made.
    private var metrics = FieldWriter()
    private var pointCount = 0

    /// Batches of these families.
    package init(
        _ families: [MetricFamily], of resource: [PushAttribute], version: String,
        _ times: PushTimes,
        sizeLimit: Int = Self.sizeLimit
    ) {
        self.families = families
        self.times = times
        var writer = FieldWriter()
        for attribute in resource { writer.attribute(1, attribute.name, attribute.value) }
        self.resource = writer.bytes
        writer = FieldWriter()
        writer.text(1, "vitals")
        writer.text(2, version)
        scope = writer.bytes
        limit = max(0, sizeLimit - self.resource.count - scope.count - Self.envelope)
    }

    /// Tags and lengths around resource, scope and metrics.
    private static let envelope = 32

    /// The next batch; nil when there is none.
    package mutating func next() -> EncodedMessage? {
        while family < families.count {
            let isFull = addMetric(families[family])
            if isFull { break }
            family += 1
            point = 0
        }
        guard pointCount > 0 else { return nil }
        defer {
            metrics = FieldWriter()
            pointCount = 0
        }
        var request = FieldWriter()
        request.message(1) { resourceMetrics in
            resourceMetrics.data(1, resource)
            resourceMetrics.message(2) { scopeMetrics in
                scopeMetrics.data(1, scope)
                scopeMetrics.fields(metrics)
            }
        }
        let bytes = request.bytes
        return EncodedMessage(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    /// Adds the points of a family from `point` on; true when the batch is full before its end. A batch has at least one
    /// point, however long that is.
    private mutating func addMetric(_ family: MetricFamily) -> Bool {
        let head = family.metricHead
        var points = FieldWriter()
        var count = 0
        var isFull = false
        while point < family.points.count {
            var next = FieldWriter()
            let nextCount = next.add(family.points[point], of: family, times)
            let size = metrics.count + head.count + points.count + next.count + Self.envelope
            if size > limit, pointCount + count > 0 {
                isFull = true
                break
            }
            points.fields(next)
            count += nextCount
            point += 1
        }
        if count > 0 {
            metrics.message(2) { metric in
                metric.fields(head)
                metric.message(family.kind.dataField) { data in
                    data.fields(points)
                    family.kind.writeTemporality(to: &data)
                }
            }
            pointCount += count
        }
        return isFull
    }
}
