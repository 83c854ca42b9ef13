// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// A line of Prometheus's text format, `name{label="value",...} number`, or what such lines are to be like.
package struct MetricSample: Equatable, Sendable {
    private let name: String
    private let labels: [String: String]
    private let value: Double?

    /// A name, with or without labels; nil when it is none.
    init?(selector text: String) {
        self.init(Array(text.utf8)[...], hasValue: false)
    }

    /// A line; nil when it is no sample.
    init?(line: ArraySlice<UInt8>) { self.init(line, hasValue: true) }

    private init?(_ text: ArraySlice<UInt8>, hasValue: Bool) {
        let end =
            text.firstIndex { !($0.isLetter || $0.isDigit || $0 == 0x5f || $0 == 0x3a) }
            ?? text.endIndex
        guard let first = text.first, !first.isDigit, end > text.startIndex else { return nil }
        name = String(decoding: text[..<end], as: UTF8.self)
        var rest = text[end...]
        var labels: [String: String] = [:]
        if rest.first == UInt8(ascii: "{") {
            rest.removeFirst()
            guard Self.takeLabels(from: &rest, into: &labels) else { return nil }
        }
        self.labels = labels
        rest = rest.drop(while: \.isWhiteSpace)
        guard hasValue else {
            guard rest.isEmpty else { return nil }
            value = nil
            return
        }
        guard let number = Double(String(decoding: rest.prefix { !$0.isWhiteSpace }, as: UTF8.self))
        else { return nil }
        value = number
    }

    private static func takeLabels(
        from rest: inout ArraySlice<UInt8>, into labels: inout [String: String]
    ) -> Bool {
        while true {
            rest = rest.drop { $0.isBlank || $0 == UInt8(ascii: ",") }
            guard let next = rest.first else { return false }
            if next == UInt8(ascii: "}") {
                rest.removeFirst()
                return true
            }
            let name = rest.prefix { $0 != UInt8(ascii: "=") }
            rest = rest[name.endIndex...].dropFirst()
            guard rest.popFirst() == UInt8(ascii: "\"") else { return false }
            var value: [UInt8] = []
            while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
                guard byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() else {
                    value.append(byte)
                    continue
                }
                value.append(escaped == UInt8(ascii: "n") ? 0x0a : escaped)
            }
            labels[String(decoding: name, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
        }
    }

    /// The sum of the samples that have this name and these labels.
    func sum(in page: [UInt8]) throws(NumberProblem) -> Double {
        var sum: Double?
        for line in page.split(separator: UInt8(ascii: "\n")) where line.starts(with: name.utf8) {
            guard let sample = MetricSample(line: line), sample.name == name,
                labels.allSatisfy({ sample.labels[$0] == $1 }), let value = sample.value
            else { continue }
            sum = (sum ?? 0) + value
        }
        guard let sum else { throw NumberProblem("it has no sample of \(name)") }
        return sum
    }
}
