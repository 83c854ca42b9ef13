// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
import JSONWire
import Text

/// Where a number is in a text: at a path of a JSON document, in a sample of Prometheus's format, or the first that there is.
package enum NumberPick: Sendable {
    /// A number, or a text that is one.
    case json(String)
    /// The sum of the samples with this name and these labels.
    case metric(MetricSample)
    case first

    /// Takes the options `json` and `metric`.
    package init(_ options: inout CheckOptions) throws(CheckOptionError) {
        let path = try options.take("json")
        let sample = try options.take("metric", #"a name, or one with labels: depth{queue="a"}"#) {
            MetricSample(selector: $0)
        }
        switch (path, sample) {
        case (nil, nil): self = .first
        case (let path?, nil): self = .json(path)
        case (nil, let sample?): self = .metric(sample)
        case (_?, _?):
            throw CheckOptionError("json", "is given beside metric: use one of them")
        }
    }

    /// The number; it may be infinite, or none (NaN).
    package func number(in text: [UInt8]) throws(NumberProblem) -> Double {
        switch self {
        case .json(let path): try Self.number(at: path, in: text)
        case .metric(let sample): try sample.sum(in: text)
        case .first: try Self.firstNumber(in: text)
        }
    }

    private static func number(
        at path: String, in text: [UInt8]
    ) throws(NumberProblem) -> Double {
        let found = text.withUnsafeBytes { bytes -> Result<Double, NumberProblem> in
            guard JSONDocument.fits(bytes, maxValues: 10_000), let document = JSONDocument(bytes)
            else { return .failure(NumberProblem("it is no JSON")) }
            return document.withRoot { root in
                guard let text = root.value(at: path).text else {
                    return .failure(NumberProblem("\(path) is not in it"))
                }
                guard let number = Double(text) else {
                    let shown = PrintableText.quoted(PrintableText.prefix(of: text, bytes: 100))
                    return .failure(NumberProblem("\(path) is \(shown), which is no number"))
                }
                return .success(number)
            }
        }
        return try found.get()
    }

    /// Words of the first 4 KiB are looked at in their order: `jobs: 17 of 20` has the number 17, and `queue2` has none.
    private static func firstNumber(in text: [UInt8]) throws(NumberProblem) -> Double {
        let words = text.prefix(4 << 10).split {
            $0.isWhiteSpace || #":=,;()[]{}""#.utf8.contains($0)
        }
        for word in words {
            if let number = number(of: word) { return number }
        }
        throw NumberProblem("it has no number")
    }

    private static func number(of word: ArraySlice<UInt8>) -> Double? {
        guard word.count <= 100 else { return nil }
        let unsigned = word.drop { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
        // Not hexadecimal, which Swift's numbers may be.
        let isDecimal =
            unsigned.first?.isLetter == false
            && unsigned.allSatisfy { $0.isDigit || "+-.eE".utf8.contains($0) }
        let lower = String(decoding: unsigned.map(\.lowercased), as: UTF8.self)
        guard isDecimal || ["nan", "inf", "infinity"].contains(lower) else { return nil }
        return Double(String(decoding: word, as: UTF8.self))
    }
}

/// Why a text has no number.
package struct NumberProblem: Error, Equatable {
    /// The cause for an operator; "it" is the text.
    package let text: String

    init(_ text: String) { self.text = text }
}
