// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Families of another program. Their samples keep the names and values that they were given.
///
/// OpenMetrics demands more of a name: the samples of a counter end with `_total`. Where the other program does not write it
/// so, the family has no known type there.
extension ExpositionWriter {
    /// The lines above the samples; false for a family that this format cannot have.
    mutating func writeHead(of family: MetricFamily, _ kind: ScrapedKind) -> Bool {
        switch format {
        case .text:
            if !family.help.isEmpty { put(help: family.help, of: family.name, quotes: false) }
            put("# TYPE ", family.name, " ", kind.text, "\n")
        case .openMetrics:
            if kind == .created { return false }
            let isCounter = kind == .counter && family.name.hasSuffix("_total")
            let name = isCounter ? String(family.name.dropLast("_total".utf8.count)) : family.name
            let type =
                switch kind {
                case .counter: isCounter ? "counter" : "unknown"
                case .untyped: "unknown"
                default: kind.text
                }
            put("# TYPE ", name, " ", type, "\n")
            if !family.help.isEmpty { put(help: family.help, of: name, quotes: true) }
        }
        return true
    }

    /// A sample, with its time as the format has it.
    mutating func write(_ sample: ScrapedSample, _ name: String) {
        put(name, sample.suffix, sample.labels, " ", sample.value)
        if let timestamp = sample.timestamp {
            put(" ", format == .text ? "\(timestamp)" : Self.seconds(timestamp))
        }
        put("\n")
    }

    /// A time in seconds, to the millisecond.
    private static func seconds(_ milliseconds: Int64) -> String {
        let (whole, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let sign = milliseconds < 0 ? "-" : ""
        return "\(sign)\(whole.magnitude)." + "\(1000 + rest.magnitude)".dropFirst()
    }
}
