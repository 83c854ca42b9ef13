// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// One series of a family, at one moment.
package struct MetricPoint: Equatable, Sendable {
    /// What tells it from the other series, in this order.
    package var labels: [MetricLabel]
    package var value: MetricValue

    /// A series with these labels.
    package init(_ value: MetricValue, _ labels: [MetricLabel] = []) {
        self.value = value
        self.labels = labels
    }
}

/// A name and a value that tell one series from another.
package struct MetricLabel: Hashable, Sendable {
    /// By the rules of ``MetricName``; not with a leading underscore, and not `le`.
    package let name: String
    /// Any text.
    package let value: String

    /// A label.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// The value of a series; which case is right follows from the kind of its family.
package enum MetricValue: Equatable, Sendable {
    /// A whole number: of a counter or a gauge.
    case integer(Int)
    /// A number: of a counter or a gauge.
    case number(Double)
    /// A counter with an example of what it has counted.
    case sampled(Int, MetricExemplar)
    /// Of a histogram.
    case histogram(HistogramValue)
    /// Of an info: the labels are all there is.
    case info
    /// Of a state set, in the order in which they are shown.
    case states([MetricState])
    /// A line of another program's page, with its labels in it.
    case scraped(ScrapedSample)
}

/// One state of a state set.
package struct MetricState: Equatable, Sendable {
    package let name: String
    package let isCurrent: Bool

    /// A state.
    package init(_ name: String, isCurrent: Bool) {
        self.name = name
        self.isCurrent = isCurrent
    }
}

/// An example of what was counted, such as the id of one failure. In OpenMetrics only.
package struct MetricExemplar: Equatable, Sendable {
    /// At most 128 characters with names and values; a longer one is left out.
    package let labels: [MetricLabel]
    package let value: Double
    /// Seconds since 1970, if it is known.
    package let timestamp: Double?

    /// An example.
    package init(_ labels: [MetricLabel], value: Double, timestamp: Double? = nil) {
        self.labels = labels
        self.value = value
        self.timestamp = timestamp
    }

    /// Whether the formats allow it.
    var isShort: Bool {
        labels.reduce(0) { $0 + $1.name.unicodeScalars.count + $1.value.unicodeScalars.count }
            <= 128
    }
}
