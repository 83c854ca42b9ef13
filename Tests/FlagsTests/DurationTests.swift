// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import Testing

@Suite struct DurationTests {
    @Test(
        "Durations are read as Go reads them",
        arguments: [
            ("0", 0), ("-0", 0), ("+0", 0), ("0s", 0), ("0h0m", 0),
            ("1ns", 1), ("1us", 1_000), ("1\u{b5}s", 1_000), ("1\u{3bc}s", 1_000),
            ("300ms", 300_000_000), ("1s", 1_000_000_000), ("5s", 5_000_000_000),
            ("1.5s", 1_500_000_000), (".5s", 500_000_000), ("1.s", 1_000_000_000),
            ("1m30s", 90_000_000_000), ("2h45m", 9_900_000_000_000), ("1s1h", 3_601_000_000_000),
            ("-1.5h", -5_400_000_000_000), ("+5m", 300_000_000_000), ("007s", 7_000_000_000),
            ("1h15m30.918273645s", 4_530_918_273_645), ("0.9ns", 0), ("1.9us", 1_900),
            ("0.3333333333333333333h", 1_200_000_000_000),
            ("0.100000000000000000000h", 360_000_000_000),
            ("9223372036854775807ns", .max), ("-9223372036854775808ns", .min),
            ("9223372036854775.807us", .max), ("9223372036s854ms775us807ns", .max),
            ("52763797000ns", 52_763_797_000),
        ] as [(String, Int64)])
    func read(_ text: String, _ nanoseconds: Int64) {
        #expect(Duration(goText: text) == .nanoseconds(nanoseconds))
    }

    @Test(
        "What Go refuses is no duration",
        arguments: [
            "", "3", "-", "+", "s", ".", "-.", ".s", "+.s", "1d", "1 s", " 1s", "1s ", "1.2.3s",
            "--1s", "1s-1s", "1S", "1sec", "0x1s", "1e3s", "\u{661}s", "1m5",
            "9223372036854775808ns",
            "9223372036854775.808us", "-9223372036854775809ns", "3000000h", "99999999999999999999s",
            "9223372036854775808ns9223372036854775808ns",
        ])
    func refused(_ text: String) {
        #expect(Duration(goText: text) == nil)
    }

    @Test(
        "Durations are written as Go writes them",
        arguments: [
            (0, "0s"), (1, "1ns"), (999, "999ns"), (1_000, "1µs"), (1_100, "1.1µs"),
            (2_200_000, "2.2ms"), (300_000_000, "300ms"), (999_999_999, "999.999999ms"),
            (1_000_000_000, "1s"), (1_500_000_000, "1.5s"), (1_000_000_001, "1.000000001s"),
            (59_999_999_999, "59.999999999s"), (60_000_000_000, "1m0s"), (90_000_000_000, "1m30s"),
            (245_000_000_000, "4m5s"), (245_001_000_000, "4m5.001s"), (3_600_000_000_000, "1h0m0s"),
            (9_900_000_000_000, "2h45m0s"), (18_367_001_000_000, "5h6m7.001s"),
            (480_000_000_001, "8m0.000000001s"), (-1_500_000_000, "-1.5s"), (-1, "-1ns"),
            (.max, "2562047h47m16.854775807s"), (.min, "-2562047h47m16.854775808s"),
        ] as [(Int64, String)])
    func written(_ nanoseconds: Int64, _ text: String) {
        #expect(Duration.nanoseconds(nanoseconds).goText == text)
        #expect(Duration(goText: text) == .nanoseconds(nanoseconds))
    }

    @Test("A duration beyond 292 years is written as the longest one")
    func clamped() {
        #expect(Duration.seconds(Int64.max).goText == "2562047h47m16.854775807s")
        #expect(Duration.seconds(Int64.min).goText == "-2562047h47m16.854775808s")
        #expect(Duration(secondsComponent: 0, attosecondsComponent: 999_999_999).goText == "0s")
    }

    @Test("The micro sign is the one of Go")
    func microSign() {
        #expect(Array(Duration.microseconds(1).goText.utf8) == [0x31, 0xc2, 0xb5, 0x73])
    }
}
