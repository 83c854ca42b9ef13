// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Reads a page of another program in Prometheus' text format, version 0.0.4. Pure.
///
/// Everything is checked, so that what is written again is a valid page in both formats. One wrong line refuses the whole
/// page, as Prometheus does it: half a page would look like a service that has lost its traffic.
package struct ScrapedPage {
    /// The families, in the order in which they began.
    package private(set) var families: [MetricFamily] = []
    private var places: [String: Int] = [:]
    private var samples: Set<Key> = []
    private var helps: [String: String] = [:]
    private var rest: ArraySlice<UInt8>
    private var line = 0
    private let limit: Int
    /// The page has more than its limit, and the rest of it was left out.
    package private(set) var isCut = false

    /// Bytes of a line: one is read in one go.
    static let lineLimit = 64 << 10
    /// Lines between two looks at the time.
    private static let batch = 32

    /// What may be on the page once only.
    private struct Key: Hashable {
        let name: String
        let labels: String
    }

    /// Labels as they are written again.
    private struct Labels {
        /// With their braces; empty without labels.
        let text: String
        /// Whether the label is there that bounds a bucket or a quantile.
        let hasBound: Bool

        /// The number of the label `bound` is written as OpenMetrics has it.
        init(_ labels: [ScrapedLine.Label], bound: String) throws(ScrapedLineError) {
            var (parts, hasBound) = ([String](), false)
            for label in labels {
                var value = label.value
                if label.name == bound {
                    hasBound = true
                    guard let number = ScrapedLine.number(value) else {
                        throw ScrapedLineError("\(bound) is not a number")
                    }
                    value = ExpositionWriter.bound(number)
                }
                parts.append("\(label.name)=\"\(value)\"")
            }
            text = parts.isEmpty ? "" : "{\(parts.joined(separator: ","))}"
            self.hasBound = hasBound
        }
    }

    /// A page that has not been read yet. It takes samples up to `limit`, and as many families and lines of help.
    package init(_ page: [UInt8], limit: Int) {
        rest = page[...]
        self.limit = limit
    }

    /// Reads lines until `isOver` says that the time is; whether the whole page was read.
    package mutating func read(until isOver: () -> Bool) throws(ScrapedPageError) -> Bool {
        repeat {
            for _ in 0..<Self.batch {
                if rest.isEmpty || isCut {
                    try finish()
                    return true
                }
                line += 1
                do throws(ScrapedLineError) {
                    try takeLine()
                } catch {
                    throw ScrapedPageError(line: line, reason: error.reason)
                }
            }
        } while !isOver()
        return false
    }

    private mutating func takeLine() throws(ScrapedLineError) {
        var text = rest.prefix { $0 != UInt8(ascii: "\n") }
        rest = rest[text.endIndex...].dropFirst()
        if text.count > Self.lineLimit {
            throw ScrapedLineError("it has more than \(Self.lineLimit >> 10) KiB")
        }
        if text.last == UInt8(ascii: "\r") { text.removeLast() }
        var reader = ScrapedLine(text)
        if reader.isEmpty { return }
        if reader.take("#") { try takeComment(&reader) } else { try takeSample(&reader) }
    }

    private mutating func takeComment(_ line: inout ScrapedLine) throws(ScrapedLineError) {
        let word = line.word()
        guard word == "HELP" || word == "TYPE" else { return }
        let name = try line.name()
        if word == "HELP" {
            helps[name] = try line.help()
            if helps.count > limit { isCut = true }
            return
        }
        let type = line.word()
        guard let kind = ScrapedKind(type) else {
            throw ScrapedLineError("its type is unknown: use one of the text format, version 0.0.4")
        }
        guard places[name] == nil else {
            throw ScrapedLineError("the type of \(name) comes twice, or after its samples")
        }
        add(name, kind)
        if families.count > limit { isCut = true }
    }

    private mutating func takeSample(_ line: inout ScrapedLine) throws(ScrapedLineError) {
        let name = try line.name()
        let (place, suffix) = place(of: name)
        guard samples.count < limit else {
            isCut = true
            // Half a family, such as a histogram without its last bucket, is no valid one.
            families[place].points = []
            return
        }
        guard case .scraped(let kind) = families[place].kind else { return }
        let bound = kind == .histogram && suffix == "_bucket" ? "le" : "quantile"
        let labels = try Labels(line.labels(), bound: bound)
        let value = try line.value()
        let timestamp = try line.timestamp()
        if bound == "le", !labels.hasBound { throw ScrapedLineError("a bucket has no label le") }
        guard samples.insert(Key(name: name, labels: labels.text)).inserted else {
            throw ScrapedLineError("a series of \(name) comes twice")
        }
        let sample = ScrapedSample(
            suffix: suffix, labels: labels.text, value: Self.text(value), timestamp: timestamp)
        families[place].points.append(MetricPoint(.scraped(sample)))
    }

    /// A value as both formats have it.
    private static func text(_ value: (text: String, number: Double)) -> String {
        if value.number.isFinite { return value.text }
        return value.number.isNaN ? "NaN" : value.number > 0 ? "+Inf" : "-Inf"
    }

    /// The family that a sample belongs to; one without a type begins here.
    private mutating func place(of name: String) -> (Int, suffix: String) {
        if let place = places[name], allows("", at: place) { return (place, "") }
        for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
            let base = String(name.dropLast(suffix.utf8.count))
            if let place = places[base], allows(suffix, at: place) { return (place, suffix) }
        }
        return (add(name, .untyped), "")
    }

    private func allows(_ suffix: String, at place: Int) -> Bool {
        guard case .scraped(let kind) = families[place].kind else { return false }
        return kind.suffixes.contains(suffix)
    }

    @discardableResult
    private mutating func add(_ name: String, _ kind: ScrapedKind) -> Int {
        places[name] = families.count
        families.append(MetricFamily(.scraped(kind), name, help: ""))
        return families.count - 1
    }

    /// Families as they are after the last line.
    private mutating func finish() throws(ScrapedPageError) {
        for (index, family) in families.enumerated() {
            var kind = family.kind
            if let base = family.baseOfCreated,
                [base, base + "_total"].contains(where: { isCounted($0) })
            {
                kind = .scraped(.created)
            }
            families[index] = MetricFamily(
                kind, family.name, help: helps[family.name] ?? "", points: family.points)
        }
        families.removeAll { $0.points.isEmpty }
    }

    /// Whether there is a counter, a histogram or a summary of this name.
    private func isCounted(_ name: String) -> Bool {
        guard let place = places[name], case .scraped(let kind) = families[place].kind else {
            return false
        }
        return kind == .counter || kind == .histogram || kind == .summary
    }
}

/// Why a page of another program is not used.
package struct ScrapedPageError: Error, Equatable {
    /// The line, from 1 on.
    package let line: Int
    /// What is wrong with it.
    package let reason: String

    /// One sentence without a full stop.
    package var text: String { "line \(line): \(reason)" }
}

/// What is wrong with a line.
package struct ScrapedLineError: Error {
    /// "It" is the line.
    package let reason: String

    init(_ reason: String) { self.reason = reason }
}

extension MetricFamily {
    /// Of a gauge `NAME_created` the name.
    fileprivate var baseOfCreated: String? {
        switch kind {
        case .scraped(.gauge), .scraped(.untyped):
            name.hasSuffix("_created") ? String(name.dropLast("_created".utf8.count)) : nil
        default: nil
        }
    }
}
