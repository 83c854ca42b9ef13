// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Exposition

/// The series of one name.
struct SeriesFamily {
    private let head: MetricFamily
    private var series: [[MetricLabel]: any Series] = [:]
    /// In the order in which they were made, so that pages are alike.
    private var order: [[MetricLabel]] = []

    init(_ head: MetricFamily) { self.head = head }

    var kind: MetricFamily.Kind { head.kind }
    var count: Int { series.count }

    subscript(labels: [MetricLabel]) -> (any Series)? {
        get { series[labels] }
        set {
            if series[labels] == nil { order.append(labels) }
            series[labels] = newValue
        }
    }

    /// False when it is not here.
    mutating func remove(_ handler: AnyObject) -> Bool {
        guard let labels = series.first(where: { $1 === handler })?.key else { return false }
        series[labels] = nil
        order.removeAll { $0 == labels }
        return true
    }

    /// The family with its values now.
    var current: MetricFamily {
        var family = head
        family.points = order.compactMap { labels in
            series[labels].map { MetricPoint($0.value, labels) }
        }
        return family
    }
}
