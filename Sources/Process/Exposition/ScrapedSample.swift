// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// One line of another program's page of metrics, without the name of its family.
package struct ScrapedSample: Equatable, Sendable {
    /// What follows the family's name: empty, `_bucket`, `_sum` or `_count`.
    package let suffix: String
    /// As a page has them, with their braces; empty without labels.
    package let labels: String
    /// The number, as both formats have it.
    package let value: String
    /// In milliseconds since 1970; nil for now.
    package let timestamp: Int64?
}

/// The type of a family of another program, as the text format has it.
package enum ScrapedKind: Sendable {
    case counter, gauge, histogram, summary, untyped
    /// When a series of a counter, a histogram or a summary began. Some libraries write this as a gauge of its own; in
    /// OpenMetrics that name belongs to the other family.
    case created

    init?(_ text: some StringProtocol) {
        switch text {
        case "counter": self = .counter
        case "gauge": self = .gauge
        case "histogram": self = .histogram
        case "summary": self = .summary
        case "untyped": self = .untyped
        default: return nil
        }
    }

    /// What may follow the family's name in those of its samples.
    var suffixes: [String] {
        switch self {
        case .counter, .gauge, .untyped, .created: [""]
        case .histogram: ["_bucket", "_sum", "_count"]
        case .summary: ["", "_sum", "_count"]
        }
    }

    var text: String {
        switch self {
        case .counter: "counter"
        case .gauge, .created: "gauge"
        case .histogram: "histogram"
        case .summary: "summary"
        case .untyped: "untyped"
        }
    }
}
