// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import ProtobufWire

// The messages of OTLP's metrics, field by field (opentelemetry.proto.metrics.v1): the numbers are those of its files.

extension FieldWriter {
    /// A `KeyValue` whose value is a text.
    mutating func attribute(_ number: UInt32, _ name: String, _ value: String) {
        message(number) { attribute in
            attribute.text(1, name)
            attribute.message(2) { $0.text(1, value) }
        }
    }

    /// The data points of one series; how many there are.
    mutating func add(_ point: MetricPoint, of family: MetricFamily, _ times: PushTimes) -> Int {
        let isSum = family.kind == .counter
        switch point.value {
        case .integer(let value), .sampled(let value, _):
            number(point.labels, isSum, times) { $0.integer(value) }
        case .number(let value):
            number(point.labels, isSum, times) { $0.double(4, value) }
        case .info:
            number(point.labels, isSum, times) { $0.integer(1) }
        case .states(let states):
            for state in states {
                let label = MetricLabel(family.name, state.name)
                number(point.labels + [label], isSum, times) { $0.integer(state.isCurrent ? 1 : 0) }
            }
            return states.count
        case .histogram(let value): histogram(value, point.labels, times)
        case .scraped: return 0  // only pages have those
        }
        return 1
    }

    /// A `NumberDataPoint`. What only grows has a time since when.
    private mutating func number(
        _ labels: [MetricLabel], _ isSum: Bool, _ times: PushTimes,
        _ write: (inout FieldWriter) -> Void
    ) {
        message(1) { point in
            for label in labels { point.attribute(7, label.name, label.value) }
            if isSum { point.fixed64(2, times.start) }
            point.fixed64(3, times.now)
            write(&point)
        }
    }

    /// Its value when that is whole (`sfixed64`).
    private mutating func integer(_ value: Int) {
        fixed64(6, UInt64(bitPattern: Int64(value)))
    }

    /// A `HistogramDataPoint`. Ranges include their upper bound, here as there.
    private mutating func histogram(
        _ value: HistogramValue, _ labels: [MetricLabel], _ times: PushTimes
    ) {
        message(1) { point in
            for label in labels { point.attribute(9, label.name, label.value) }
            point.fixed64(2, times.start)
            point.fixed64(3, times.now)
            point.fixed64(4, UInt64(clamping: value.count))
            point.double(5, value.sum)
            point.packed(6, fixed64: value.counts.map { UInt64(clamping: $0) })
            point.packed(7, fixed64: value.bounds.map { $0.bitPattern })
        }
    }
}

extension MetricFamily {
    /// Name, description and unit of a `Metric`.
    var metricHead: FieldWriter {
        var head = FieldWriter()
        head.text(1, kind == .info ? name + "_info" : name)
        head.text(2, help)
        if let unit { head.text(3, Self.unitCode(unit)) }
        return head
    }

    /// A unit as OpenTelemetry has it (UCUM).
    private static func unitCode(_ unit: String) -> String {
        switch unit {
        case "seconds": "s"
        case "bytes": "By"
        case "ratio": "1"
        default: unit
        }
    }
}

extension MetricFamily.Kind {
    /// The field of a `Metric` that has the points.
    var dataField: UInt32 {
        switch self {
        case .counter: 7
        case .histogram: 9
        case .gauge, .info, .stateSet, .scraped: 5
        }
    }

    /// Since when values count: the start (`AGGREGATION_TEMPORALITY_CUMULATIVE`). A gauge does not say.
    func writeTemporality(to data: inout FieldWriter) {
        guard self == .counter || self == .histogram else { return }
        data.varint(2, 2)
        if self == .counter { data.varint(3, 1) }  // is_monotonic
    }
}
