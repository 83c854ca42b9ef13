// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTPRouting

/// How a page of metrics is written.
package enum ExpositionFormat: Sendable {
    /// Prometheus' text format, version 0.0.4.
    case text
    /// OpenMetrics, version 1.0.
    case openMetrics

    /// For the field `content-type`.
    package var contentType: StaticString {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// The format that a client likes best, by the field `accept` of its request: the one with the highest `q`, then the
    /// one that is named more exactly, then the first. The text format when none matches, as Prometheus has it.
    ///
    /// `escaping` is about names outside the old rules, and there are none here: each of its values is met.
    package init(accept: String?) {
        let ranges = accept.map(MediaRange.parse) ?? []
        let offers = ranges.compactMap { range in Self(range).map { (format: $0, range: range) } }
        let best = offers.max { left, right in
            // Of equals, max returns the last: a strict order by place makes it the first.
            (left.range.quality, left.range.exactness, right.range.place)
                < (right.range.quality, right.range.exactness, left.range.place)
        }
        self = best?.format ?? .text
    }

    /// What a range stands for; nil when neither format is in it.
    private init?(_ range: MediaRange) {
        guard range.quality > 0 else { return nil }
        let version = range.parameter("version")
        switch range.type {
        case "application/openmetrics-text":
            guard version == nil || version == "1.0.0" else { return nil }
            self = .openMetrics
        case "text/plain":
            guard version == nil || version == "0.0.4" else { return nil }
            self = .text
        case "*/*", "text/*": self = .text
        case "application/*": self = .openMetrics
        default: return nil
        }
    }
}
