// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HealthWrapper

@Suite("What a process uses")
struct ChildUsageTests {
    private func usage(_ line: String) -> ChildUsage? {
        ChildUsage(Array(line.utf8), ticksPerSecond: 100, pageSize: 4096)
    }

    @Test("A line of the kernel is read, also behind a name with blanks and parentheses")
    func line() throws {
        let rest = "S 1 7 7 0 -1 4194560 90 0 0 0 150 25 9 9 20 0 3 0 12345 8192 200 1844 1 1 0"
        let found = try #require(usage("7 (a b) (c)) \(rest)\n"))
        #expect(found.cpuSeconds == 1.75 && found.residentBytes == 200 * 4096)
        #expect(found.threads == 3)
    }

    @Test("A process that has ended uses nothing, and half a line says nothing")
    func none() {
        #expect(usage("7 (a) Z 1 7 7 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 5 0 0 0\n") == nil)
        #expect(usage("7 (a) S 1 7") == nil)
        #expect(usage("") == nil)
    }
}
