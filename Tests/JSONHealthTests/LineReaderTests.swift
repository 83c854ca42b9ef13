// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import TestSupport
import Testing

@testable import JSONHealth

@Suite("Lines of the JSON socket")
struct LineReaderTests {
    /// All that a reader takes out of `text`, which comes in parts of so many bytes.
    private func lines(_ text: String, parts: Int = .max, limit: Int = 8, ends: Bool = false)
        -> [LineReader.Next]
    {
        var reader = LineReader(limit: limit)
        var found: [LineReader.Next] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(parts))
            rest = rest.dropFirst(parts)
            part.withUnsafeBytes { reader.append($0) }
            if rest.isEmpty, ends { reader.end() }
            while true {
                let next = reader.next()
                if next == .incomplete { break }
                found.append(next)
                if next == .tooLong { return found }
            }
        }
        return found
    }

    private func line(_ text: String) -> LineReader.Next { .line(Array(text.utf8)) }

    @Test("Lines are the same in whatever parts they come", arguments: [1, 2, 3, 100])
    func parts(_ size: Int) {
        let expected = [line("a"), line(""), line("bcd"), line("\re")]
        #expect(lines("a\n\nbcd\r\n\re\nrest", parts: size) == expected)
        #expect(
            lines("a\n\nbcd\r\n\re\nrest", parts: size, ends: true) == expected + [line("rest")])
    }

    @Test("A line has a limit, its end not counted", arguments: [1, 5, 100])
    func limit(_ size: Int) {
        #expect(
            lines("12345678\n12345678\r\n", parts: size) == [line("12345678"), line("12345678")])
        #expect(lines("1\n123456789\n2\n", parts: size) == [line("1"), .tooLong])
        #expect(lines("12345678901", parts: size) == [.tooLong])
        #expect(lines("123456789", parts: size, ends: true) == [.tooLong])
    }

    @Test("Lines are paid for out of a budget that time fills again")
    func budget() {
        var now = MonotonicTime(nanoseconds: 0)
        var budget = LineBudget(at: now)
        /// How many lines can be paid for.
        func payments() -> Int {
            var count = 0
            while count < 1000, budget.pay(at: now) { count += 1 }
            return count
        }
        #expect(payments() == LineBudget.most)
        now = budget.next
        #expect(payments() == 1)
        now = now + LineBudget.interval * 5 / 2
        #expect(payments() == 2)
        // What half an interval has earned is not lost.
        now = now + LineBudget.interval / 2
        #expect(payments() == 1)
        now = now + .seconds(3600)
        #expect(payments() == LineBudget.most)
    }
}
