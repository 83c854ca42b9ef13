// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@Suite("A duration as a number")
struct DurationTests {
    @Test(
        "A duration in nanoseconds is held within 64 bits",
        arguments: [
            (Duration.zero, 0), (.nanoseconds(1), 1), (.nanoseconds(-1), -1),
            (.seconds(3), 3_000_000_000), (.seconds(-3) - .nanoseconds(1), -3_000_000_001),
            (.seconds(9_223_372_036), 9_223_372_036_000_000_000), (.nanoseconds(Int64.max), .max),
            (.seconds(9_223_372_037), .max), (.seconds(-9_223_372_037), .min),
            (.seconds(Int64.max), .max), (.seconds(Int64.min), .min),
            (Duration(secondsComponent: 0, attosecondsComponent: 999_999_999), 0),
        ] as [(Duration, Int64)])
    func wholeNanoseconds(_ duration: Duration, _ nanoseconds: Int64) {
        #expect(duration.wholeNanoseconds == nanoseconds)
    }

    @Test(
        "Microseconds and milliseconds are whole, towards zero, and held within 64 bits",
        arguments: [
            (Duration.zero, 0, 0), (.nanoseconds(1_999_999), 1999, 1),
            (.nanoseconds(-1_999_999), -1999, -1), (.seconds(3), 3_000_000, 3000),
            (.seconds(-3) - .microseconds(1), -3_000_001, -3000),
            (.seconds(9_223_372_036_854), 9_223_372_036_854_000_000, 9_223_372_036_854_000),
            (.seconds(9_223_372_036_855), .max, 9_223_372_036_855_000),
            (.seconds(Int64.max), .max, .max), (.seconds(Int64.min), .min, .min),
        ] as [(Duration, Int64, Int64)])
    func parts(_ duration: Duration, _ microseconds: Int64, _ milliseconds: Int64) {
        #expect(duration.wholeMicroseconds == microseconds)
        #expect(duration.wholeMilliseconds == milliseconds)
    }

    @Test("Seconds have their fractions, also of sums beyond 64 bits of nanoseconds")
    func seconds() {
        #expect(Duration.milliseconds(1500).seconds == 1.5)
        #expect(Duration.nanoseconds(-1).seconds == -1e-9)
        #expect(Duration.seconds(1_000_000_000_000).seconds == 1e12)
        #expect(Duration.nanoseconds(1_234_567_890).roundedSeconds == 1.234)
        #expect(Duration.nanoseconds(-999_999).roundedSeconds == 0)
    }
}
