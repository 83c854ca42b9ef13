// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import HTTP1Wire
import Testing

@Suite("Dates of HTTP")
struct HTTPDateTests {
    private func text(_ seconds: Int64) -> String {
        String(decoding: HTTPDate(secondsSince1970: seconds).bytes, as: UTF8.self)
    }

    @Test("The examples of the standard and the edges of the calendar")
    func examples() {
        #expect(text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(text(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(text(951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
        #expect(text(4_107_542_399) == "Sun, 28 Feb 2100 23:59:59 GMT")
        #expect(text(4_107_542_400) == "Mon, 01 Mar 2100 00:00:00 GMT")
    }

    @Test("What is outside of four digits of a year is at their edge")
    func limits() {
        #expect(text(-1) == text(0))
        #expect(text(.max) == "Fri, 31 Dec 9999 23:59:59 GMT")
    }

    @Test("Every day until 2400 is the day of the C library")
    func everyDay() {
        for day in 0..<157_000 {
            var seconds = day * 86_400 + 86_399
            var parts = tm()
            gmtime_r(&seconds, &parts)
            var expected = [CChar](repeating: 0, count: 64)
            strftime(&expected, expected.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
            let bytes = HTTPDate(secondsSince1970: Int64(seconds)).bytes
            let isEqual = bytes.elementsEqual(expected.prefix(29).map { UInt8(bitPattern: $0) })
            if !isEqual { Issue.record("day \(day)") }
        }
    }
}
