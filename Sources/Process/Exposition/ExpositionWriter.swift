// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Writes families as a page of metrics.
///
/// What differs between the formats: the order of HELP and TYPE, the name beside them (OpenMetrics has the family's, the
/// text format that of the samples), the types, UNIT, quotes in HELP, exemplars, and the end. Samples are the same
/// bytes in both, bounds too: a server that changes its format keeps its series.
package struct ExpositionWriter: ~Copyable {
    let format: ExpositionFormat
    private var output: [UInt8] = []

    /// A page with room for so many bytes: the length of the page before is a good guess.
    package init(_ format: ExpositionFormat, capacity: Int = 8 << 10) {
        self.format = format
        output.reserveCapacity(capacity)
    }

    /// A page of these families.
    package static func page(
        _ families: [MetricFamily], _ format: ExpositionFormat, capacity: Int = 8 << 10
    ) -> [UInt8] {
        var writer = ExpositionWriter(format, capacity: capacity)
        for family in families { writer.write(family) }
        return writer.finish()
    }

    /// Adds a family; one without series is left out.
    package mutating func write(_ family: MetricFamily) {
        guard !family.points.isEmpty else { return }
        if case .scraped(let kind) = family.kind {
            guard writeHead(of: family, kind) else { return }
        } else {
            writeHead(family)
        }
        for point in family.points { write(point, of: family) }
    }

    /// The whole page.
    package consuming func finish() -> [UInt8] {
        if format == .openMetrics { output.append(contentsOf: "# EOF\n".utf8) }
        return output
    }

    // MARK: The lines above the samples

    private mutating func writeHead(_ family: MetricFamily) {
        switch format {
        case .text:
            let name = family.name + family.kind.suffix
            put(help: family.help, of: name, quotes: false)
            put("# TYPE ", name, " ", family.kind.text, "\n")
        case .openMetrics:
            put("# TYPE ", family.name, " ", family.kind.openMetrics, "\n")
            if let unit = family.unit, family.name.hasSuffix("_" + unit) {
                put("# UNIT ", family.name, " ", unit, "\n")
            }
            put(help: family.help, of: family.name, quotes: true)
        }
    }

    mutating func put(help: String, of name: String, quotes: Bool) {
        put("# HELP ", name, " ")
        output.escape(help, quotes: quotes)
        put("\n")
    }

    mutating func put(_ texts: String...) {
        for text in texts { output.append(contentsOf: text.utf8) }
    }

    // MARK: Samples

    private mutating func write(_ point: MetricPoint, of family: MetricFamily) {
        let suffix = family.kind.suffix
        switch point.value {
        case .integer(let value):
            begin(family.name, suffix, point.labels)
            output.append(value)
            end()
        case .number(let value):
            begin(family.name, suffix, point.labels)
            output.append(value)
            end()
        case .sampled(let value, let exemplar):
            begin(family.name, suffix, point.labels)
            output.append(value)
            end(exemplar)
        case .histogram(let value): write(value, family.name, point.labels)
        case .scraped(let sample): write(sample, family.name)
        case .info:
            begin(family.name, suffix, point.labels)
            output.append(contentsOf: "1\n".utf8)
        case .states(let states):
            for state in states {
                let label = MetricLabel(family.name, state.name)
                begin(family.name, "", point.labels, last: label)
                output.append(contentsOf: (state.isCurrent ? "1\n" : "0\n").utf8)
            }
        }
    }

    private mutating func write(
        _ histogram: HistogramValue, _ name: String, _ labels: [MetricLabel]
    ) {
        var count = 0
        for index in histogram.counts.indices {
            count &+= histogram.counts[index]
            let bounds = histogram.bounds
            let bound = index < bounds.count ? Self.bound(bounds[index]) : "+Inf"
            begin(name, "_bucket", labels, last: MetricLabel("le", bound))
            output.append(count)
            end(histogram.exemplars[index])
        }
        begin(name, "_sum", labels)
        output.append(histogram.sum)
        end()
        begin(name, "_count", labels)
        output.append(count)
        end()
    }

    /// `name_suffix{labels} `.
    private mutating func begin(
        _ name: String, _ suffix: String, _ labels: [MetricLabel], last: MetricLabel? = nil
    ) {
        output.append(contentsOf: name.utf8)
        output.append(contentsOf: suffix.utf8)
        if !labels.isEmpty || last != nil { write(labels, last) }
        output.append(UInt8(ascii: " "))
    }

    private mutating func write(_ labels: [MetricLabel], _ last: MetricLabel?) {
        output.append(UInt8(ascii: "{"))
        for label in labels {
            output.append(label)
            output.append(UInt8(ascii: ","))
        }
        if let last { output.append(last) } else if !labels.isEmpty { output.removeLast() }
        output.append(UInt8(ascii: "}"))
    }

    private mutating func end(_ exemplar: MetricExemplar? = nil) {
        if let exemplar, format == .openMetrics, exemplar.isShort {
            output.append(contentsOf: " # ".utf8)
            write(exemplar.labels, nil)
            output.append(UInt8(ascii: " "))
            output.append(exemplar.value)
            if let timestamp = exemplar.timestamp {
                output.append(UInt8(ascii: " "))
                output.append(timestamp)
            }
        }
        output.append(UInt8(ascii: "\n"))
    }

    /// A bound as OpenMetrics writes it, in both formats: `1.0`, `0.005`, `1e+06`.
    static func bound(_ value: Double) -> String {
        if value == .infinity { return "+Inf" }
        let text = "\(value)"
        // From a million on, with an exponent, where Swift does not write one yet.
        guard value >= 1e6, !text.utf8.contains(UInt8(ascii: "e")), text.hasSuffix(".0") else {
            return text
        }
        let digits = text.dropLast(2)
        var rest = digits.dropFirst()
        while rest.hasSuffix("0") { rest.removeLast() }
        let exponent = digits.utf8.count - 1
        return digits.prefix(1) + (rest.isEmpty ? "" : "." + rest)
            + (exponent < 10 ? "e+0\(exponent)" : "e+\(exponent)")
    }
}

extension MetricFamily.Kind {
    /// What follows the family's name in those of its samples, histograms aside.
    fileprivate var suffix: String {
        switch self {
        case .counter: "_total"
        case .info: "_info"
        case .gauge, .histogram, .stateSet, .scraped: ""
        }
    }

    /// The type in the text format.
    fileprivate var text: String {
        switch self {
        case .counter: "counter"
        case .histogram: "histogram"
        case .gauge, .info, .stateSet: "gauge"
        case .scraped(let kind): kind.text
        }
    }

    /// The type in OpenMetrics.
    fileprivate var openMetrics: String {
        switch self {
        case .counter: "counter"
        case .histogram: "histogram"
        case .gauge: "gauge"
        case .info: "info"
        case .stateSet: "stateset"
        case .scraped(let kind): kind.text
        }
    }
}
