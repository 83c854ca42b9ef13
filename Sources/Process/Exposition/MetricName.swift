// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// The rules for names: letters, digits and underscores, not a digit first. Prometheus allows colons, too; they belong
/// to its recording rules.
package enum MetricName {
    /// `name` with an underscore for everything that the rules do not allow: `http.requests` is `http_requests`.
    package static func sanitized(_ name: String) -> String {
        // A character of several bytes is one underscore.
        var bytes = name.utf8.filter { $0 & 0xc0 != 0x80 }.map { isAllowed($0) ? $0 : underscore }
        if bytes.first.map(\.isDigit) ?? true { bytes.insert(underscore, at: 0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The name of a family for a metric that its program calls `name`: without what the formats append themselves.
    package static func family(_ name: String, _ kind: MetricFamily.Kind) -> String {
        let name = sanitized(name)
        let suffix =
            switch kind {
            case .counter: "_total"
            case .info: "_info"
            case .gauge, .histogram, .stateSet, .scraped: ""
            }
        guard !suffix.isEmpty, name.hasSuffix(suffix), name != suffix else { return name }
        return String(name.dropLast(suffix.count))
    }

    /// The name of a label that a program calls `name`; not one that the formats keep for themselves (`le`, `quantile`,
    /// and those with a leading underscore).
    package static func label(_ name: String) -> String {
        let bytes = sanitized(name).utf8.drop { $0 == underscore }
        let name = String(Substring(bytes))
        let isReserved = name.isEmpty || name == "le" || name == "quantile"
        return isReserved || bytes.first.map(\.isDigit) ?? true ? "label_" + name : name
    }

    /// The names of a family's samples, in all formats: no two families may share one.
    package static func samples(of name: String, _ kind: MetricFamily.Kind) -> [String] {
        switch kind {
        case .counter: [name, name + "_total", name + "_created"]
        case .gauge, .stateSet: [name]
        case .histogram:
            [name] + ["_bucket", "_sum", "_count", "_created"].map { name + $0 }
        case .info: [name, name + "_info"]
        case .scraped(let kind): kind.suffixes.map { name + $0 }
        }
    }

    private static let underscore = UInt8(ascii: "_")

    private static func isAllowed(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || byte == underscore
    }
}
