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
        let offers = [Self.text, .openMetrics].compactMap { format in
            format.best(of: ranges).map { (format: format, range: $0) }
        }
        let best = offers.max { left, right in
            // Of equals, max returns the last: a strict order by place makes it the first.
            (left.range.quality, left.range.exactness, right.range.place)
                < (right.range.quality, right.range.exactness, left.range.place)
        }
        self = best?.format ?? .text
    }

    /// The most exact range that it is in; nil when there is none, or that one refuses it (RFC 9110, 12.5.1).
    private func best(of ranges: [MediaRange]) -> MediaRange? {
        let range = ranges.filter(matches).max { left, right in
            (left.exactness, right.place) < (right.exactness, left.place)
        }
        return range.flatMap { $0.quality > 0 ? $0 : nil }
    }

    private func matches(_ range: MediaRange) -> Bool {
        let version = range.parameter("version")
        switch (range.type, self) {
        case ("application/openmetrics-text", .openMetrics):
            return version == nil || version == "1.0.0"
        case ("text/plain", .text): return version == nil || version == "0.0.4"
        case ("*/*", .text), ("text/*", .text), ("application/*", .openMetrics): return true
        default: return false
        }
    }
}
