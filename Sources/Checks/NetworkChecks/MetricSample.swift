// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Exposition

/// What samples of a page in Prometheus's text format are to be like: `name`, or `name{label="value",...}`.
package struct MetricSample: Equatable, Sendable {
    private let name: String
    private let labels: [ScrapedLine.Label]

    /// A name, with or without labels; nil when it is none.
    init?(selector text: String) {
        var line = ScrapedLine(Array(text.utf8)[...])
        do throws(ScrapedLineError) {
            (name, labels) = (try line.name(), try line.labels())
        } catch {
            return nil
        }
        if !line.isEmpty { return nil }
    }

    /// The sum of the samples that have this name and these labels. Lines that are no samples are passed over: other ones of the page
    /// may be what is looked for.
    func sum(in page: [UInt8]) throws(NumberProblem) -> Double {
        var sum: Double?
        for line in page.split(separator: UInt8(ascii: "\n")) where line.starts(with: name.utf8) {
            let end = line.last == UInt8(ascii: "\r") ? line.endIndex - 1 : line.endIndex
            if let value = try? value(of: line[..<end]) { sum = (sum ?? 0) + value }
        }
        guard let sum else { throw NumberProblem("it has no sample of \(name)") }
        return sum
    }

    /// The value of a sample like this; nil of another one. What follows it (a time, an exemplar) does not matter.
    private func value(of line: ArraySlice<UInt8>) throws(ScrapedLineError) -> Double? {
        var line = ScrapedLine(line)
        guard try line.name() == name else { return nil }
        let found = try line.labels()
        return labels.allSatisfy { found.contains($0) } ? try line.value().number : nil
    }
}
