// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CoreMetrics
package import Exposition
import Synchronization
import Text

/// The factory of swift-metrics: what a program counts with `Counter`, `Gauge`, `Recorder`, `Meter` and `Timer` appears on
/// the page of metrics. Bootstrap it once, with `MetricsSystem.bootstrap(_:)`. From any thread.
///
/// The number of series is bounded: beyond the limit of a name, new label values are counted in one series of that name,
/// with the label `overflow="true"`; what is beyond the limits of all is counted in ``rejected`` only. So no request can
/// make the page, or the memory behind it, grow without end.
package final class MetricsRegistry: MetricsFactory, Sendable {
    /// How much a program may have.
    package struct Limits: Sendable {
        /// Series of one name.
        package var seriesOfName = 200
        /// Series in all.
        package var series = 2000
        /// Characters of a label's value, and of a name; the rest is cut off.
        package var text = 128
        /// Labels of a series.
        package var labels = 16

        /// The defaults.
        package init() {}
    }

    private struct State {
        var families: [String: SeriesFamily] = [:]
        /// The names of samples that are taken, of our own families too.
        var taken: Set<String>
        var count = 0
    }

    private let state: Mutex<State>
    private let limits: Limits
    private let rejectedSeries = RejectedSeries()

    /// A registry without series. `reserved` are families that the page has anyway: a metric with such a name gets the
    /// prefix `app_`.
    package init(reserved: [MetricFamily] = [], limits: Limits = Limits()) {
        self.limits = limits
        let names = reserved.flatMap { MetricName.samples(of: $0.name, $0.kind) }
        state = Mutex(State(taken: Set(names)))
    }

    /// Calls of metrics that have no series.
    package var rejected: Int { rejectedSeries.count }

    /// Series that there are now.
    package var seriesCount: Int { state.withLock { $0.count } }

    /// What was counted, in the order of the names.
    package var families: [MetricFamily] {
        state.withLock { state in
            state.families.values.map(\.current).sorted { $0.name < $1.name }
        }
    }

    // MARK: swift-metrics

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, .counter, dimensions) { CounterSeries() } ?? rejectedSeries
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, .counter, dimensions) { NumberSeries() } ?? rejectedSeries
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, .gauge, dimensions) { GaugeSeries() } ?? rejectedSeries
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else {
            return series(label, .gauge, dimensions) { GaugeSeries() } ?? rejectedSeries
        }
        return series(label, .histogram, dimensions) { HistogramSeries(Self.sizeBounds) }
            ?? rejectedSeries
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, .histogram, unit: "seconds", dimensions) {
            HistogramSeries(HistogramValue.latencyBounds)
        } ?? rejectedSeries
    }

    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }

    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
        remove(handler)
    }

    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }

    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }

    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    /// For values of any kind: the program does not say which.
    private static let sizeBounds: [Double] = [
        0.005, 0.025, 0.1, 0.25, 1, 2.5, 10, 25, 100, 250, 1000, 2500, 10_000, 100_000, 1_000_000,
    ]

    // MARK: Series

    /// The series of this name and these labels, made if need be; the one for overflow when there are too many; nil when
    /// there can be none.
    private func series<Kind: Series>(
        _ label: String, _ kind: MetricFamily.Kind, unit: String? = nil,
        _ dimensions: [(String, String)], _ make: () -> Kind?
    ) -> Kind? {
        let labels = normalized(dimensions)
        return state.withLock { state in
            guard let name = Self.familyName(prefix(label), kind, unit, &state) else { return nil }
            let family = state.families[name]
            if let found = family?[labels] { return found as? Kind }
            let isFull = family?.count ?? 0 >= limits.seriesOfName
            let key = isFull ? [MetricLabel("overflow", "true")] : labels
            if isFull, let found = family?[key] { return found as? Kind }
            guard state.count < limits.series, let new = make() else { return nil }
            var grown =
                family
                ?? SeriesFamily(
                    MetricFamily(
                        kind, name, unit: unit,
                        help: "What the program counts as \(prefix(label))."))
            grown[key] = new
            state.families[name] = grown
            state.taken.formUnion(MetricName.samples(of: name, kind))
            state.count += 1
            return new
        }
    }

    /// The name of the family of a metric; nil when it is another metric's.
    private static func familyName(
        _ label: String, _ kind: MetricFamily.Kind, _ unit: String?, _ state: inout State
    ) -> String? {
        var name = MetricName.family(label, kind)
        if let unit, !name.hasSuffix("_" + unit) { name += "_" + unit }
        for name in [name, "app_" + name] {
            if let family = state.families[name] {
                if family.kind == kind { return name }
            } else if state.taken.isDisjoint(with: MetricName.samples(of: name, kind)) {
                return name
            }
        }
        return nil
    }

    private func remove(_ handler: AnyObject) {
        state.withLock { state in
            for name in state.families.keys {
                guard state.families[name]?.remove(handler) == true else { continue }
                state.count -= 1
                if let family = state.families[name], family.count == 0 {
                    state.families[name] = nil
                    state.taken.subtract(MetricName.samples(of: name, family.kind))
                }
                return
            }
        }
    }

    /// Sorted, each name once, with bounded values.
    private func normalized(_ dimensions: [(String, String)]) -> [MetricLabel] {
        var values: [String: String] = [:]
        for (name, value) in dimensions.prefix(limits.labels) {
            values[MetricName.label(prefix(name))] = prefix(value)
        }
        return values.sorted { $0.key < $1.key }.map { MetricLabel($0.key, $0.value) }
    }

    private func prefix(_ text: String) -> String {
        text.utf8.count <= limits.text ? text : PrintableText.prefix(of: text, bytes: limits.text)
    }
}
