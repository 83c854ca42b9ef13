// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@Suite("A timestamp")
struct TimestampTests {
    @Test(
        "It is RFC 3339 in UTC with milliseconds",
        arguments: [
            (7, "1970-01-01T00:00:00.007Z"), (1_795_224_600_125, "2026-11-21T01:30:00.125Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        ] as [(Int64, String)])
    func text(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).text == text)
    }

    @Test("It is the wall clock's")
    func now() {
        let first = Timestamp.now()
        #expect(first.seconds > 1_700_000_000 && first.seconds == first.milliseconds / 1000)
        let nanoseconds = Timestamp.nanosecondsNow
        #expect(nanoseconds / 1_000_000 - first.milliseconds < 3_600_000)
        #expect(Timestamp(milliseconds: 1_250).fractionalSeconds == 1.25)
    }
}
