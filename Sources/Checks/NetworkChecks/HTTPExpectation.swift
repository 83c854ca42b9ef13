// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
import Flags
import JSONWire
import StatusBoard
import Text

/// What a response of HTTP has to be like.
struct HTTPExpectation: Sendable {
    /// A member of a JSON document, and what it has to be: `status.database=up`, `queue[0].depth<=100`.
    struct Member: Sendable {
        let path: String
        let comparison: Comparison
        let value: String

        enum Comparison: String, CaseIterable, Sendable {
            // The longer ones first: they begin with the shorter ones.
            case atMost = "<="
            case atLeast = ">="
            case different = "!="
            case less = "<"
            case more = ">"
            case equal = "="
        }

        init?(_ text: String) {
            let bytes = Array(text.utf8)
            let operators = "<>!=".utf8
            guard let start = bytes.firstIndex(where: { operators.contains($0) }), start > 0 else {
                return nil
            }
            let rest = bytes[start...]
            guard
                let comparison = Comparison.allCases.first(where: {
                    rest.starts(with: $0.rawValue.utf8)
                })
            else { return nil }
            path = String(decoding: bytes[..<start], as: UTF8.self)
            value = String(decoding: rest.dropFirst(comparison.rawValue.utf8.count), as: UTF8.self)
            self.comparison = comparison
        }
    }

    /// Status codes; each range has both ends. Without any it is the ``usual`` one.
    private var statuses: [ClosedRange<Int>] = []
    private var usual = 200...299
    /// What another status means.
    var wrongStatus = Outcome.State.degraded
    /// Texts that the body has to contain.
    var texts: [String] = []
    /// What has to be in the body's JSON.
    var members: [Member] = []
    /// A response that takes longer is degraded; nil for never.
    var slowAfter: Duration?
    /// With fewer days left, the certificate is degraded.
    var certificateDays = 14
    /// Details of the response stand beside the verdict.
    private(set) var hasDetails = true

    /// What `curl -f` takes for good: success and redirection. Another status is a failure.
    static var asCurl: HTTPExpectation {
        var expectation = HTTPExpectation()
        (expectation.usual, expectation.wrongStatus) = (200...399, .unhealthy)
        expectation.hasDetails = false
        return expectation
    }

    private init() {}

    /// The body is looked at.
    var needsBody: Bool { !texts.isEmpty || !members.isEmpty }

    /// Takes the options.
    init(_ options: inout CheckOptions) throws(CheckOptionError) {
        if let ranges = try options.take("status", "codes such as 200,204 or 200-299", Self.ranges)
        {
            statuses = ranges
        }
        let state = try options.take("wrong-status", "degraded or unhealthy") {
            text -> Outcome.State? in
            switch text {
            case "degraded": .degraded
            case "unhealthy": .unhealthy
            default: nil
            }
        }
        if let state { wrongStatus = state }
        texts = options.takeAll("body")
        for text in options.takeAll("json") {
            guard let member = Member(text) else {
                throw CheckOptionError(
                    "json", "has no comparison: use a path and a value, as in status.db=up")
            }
            members.append(member)
        }
        slowAfter = try options.take("slow", "a duration such as 500ms") { Duration(positive: $0) }
        let days = try options.take("cert-days", "a number of days from 0 to 3650") { text in
            Int(text).flatMap { (0...3650).contains($0) ? $0 : nil }
        }
        if let days { certificateDays = days }
    }

    /// `200`, `200,204` or `200-299,401`.
    private static func ranges(_ text: String) -> [ClosedRange<Int>]? {
        var ranges: [ClosedRange<Int>] = []
        for part in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        {
            let ends = part.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
                .map { Int(String(decoding: Array($0), as: UTF8.self)) }
            guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil,
                first >= 100, last <= 599, first <= last
            else { return nil }
            ranges.append(first...last)
        }
        return ranges.isEmpty ? nil : ranges
    }

    /// A status code is one of those that are fine.
    func expects(_ status: Int) -> Bool {
        statuses.isEmpty ? usual.contains(status) : statuses.contains { $0.contains(status) }
    }

    /// What is wrong with a body; nil when nothing is.
    func problem(of body: [UInt8]) -> String? {
        for text in texts where !Self.contains(body, Array(text.utf8)) {
            return "its body does not contain \(PrintableText.quoted(text))"
        }
        if members.isEmpty { return nil }
        return body.withUnsafeBytes { bytes in
            guard JSONDocument.fits(bytes, maxValues: 10_000), let document = JSONDocument(bytes)
            else {
                return "its body is no JSON"
            }
            return document.withRoot { root in
                for member in members {
                    if let problem = member.problem(in: root) { return problem }
                }
                return nil
            }
        }
    }

    private static func contains(_ body: [UInt8], _ text: [UInt8]) -> Bool {
        guard let first = text.first else { return true }
        var start = body.startIndex
        while let found = body[start...].firstIndex(of: first) {
            if body[found...].starts(with: text) { return true }
            start = found + 1
        }
        return false
    }
}

extension HTTPExpectation.Member {
    /// What is wrong with the member; nil when nothing is.
    func problem(in root: JSONValue) -> String? {
        let text = root.value(at: path).text
        guard let text else { return "\(path) is not in its body" }
        let isRight =
            switch comparison {
            case .equal: text == value
            case .different: text != value
            default: compare(Double(text), Double(value))
            }
        if isRight { return nil }
        let shown = PrintableText.quoted(PrintableText.prefix(of: text, bytes: 100))
        return "\(path) is \(shown), not \(comparison.rawValue) \(value)"
    }

    private func compare(_ left: Double?, _ right: Double?) -> Bool {
        guard let left, let right else { return false }
        return switch comparison {
        case .less: left < right
        case .more: left > right
        case .atMost: left <= right
        case .atLeast: left >= right
        case .equal, .different: false
        }
    }
}
