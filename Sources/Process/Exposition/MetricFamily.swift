// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// All series of one name: what they count or measure, and their values at one moment.
package struct MetricFamily: Equatable, Sendable {
    /// What the values of a family are.
    package enum Kind: Equatable, Sendable {
        /// A sum that only grows, from zero at the start of the process.
        case counter
        /// A value that goes up and down.
        case gauge
        /// How often values were observed, by size.
        case histogram
        /// Labels alone: a version. The value is 1.
        case info
        /// Which of several named states there is.
        case stateSet
        /// Of another program, from its page. The family's name is that of the text format.
        case scraped(ScrapedKind)
    }

    /// The name without what a format appends (`_total`, `_info`, `_bucket`), by the rules of ``MetricName``.
    package let name: String
    /// Plain sentences for those who read the page.
    package let help: String
    /// The unit, which is the end of the name: `seconds`, `bytes`, `ratio`; nil for a plain number.
    package let unit: String?
    package let kind: Kind
    /// The series. Labels are unique in a family.
    package var points: [MetricPoint]

    /// A family. The name is taken as it is: see ``MetricName/sanitized(_:)`` for a name from outside.
    package init(
        _ kind: Kind, _ name: String, unit: String? = nil, help: String,
        points: [MetricPoint] = []
    ) {
        self.kind = kind
        self.name = name
        self.unit = unit
        self.help = help
        self.points = points
    }

    /// A family with one series, which has no labels.
    package init(
        _ kind: Kind, _ name: String, unit: String? = nil, help: String, _ value: MetricValue
    ) {
        self.init(kind, name, unit: unit, help: help, points: [MetricPoint(value)])
    }

    /// Adds a series.
    package mutating func add(_ value: MetricValue, _ labels: MetricLabel...) {
        points.append(MetricPoint(value, labels))
    }
}
