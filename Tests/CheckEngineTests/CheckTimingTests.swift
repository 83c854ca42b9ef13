// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CheckEngine

@Suite("The timing of a check")
struct CheckTimingTests {
    @Test("Within 5 s, with three failures: 1.25 s, 1 s, 0.1 s, 4.45 s at worst")
    func defaults() {
        let timing = CheckTiming()
        #expect(timing.interval == .milliseconds(1250))
        #expect(timing.timeout == .seconds(1))
        #expect(timing.confirmGap == .milliseconds(100))
        #expect(timing.worstDetection == .milliseconds(4450))
        #expect(timing.staleAfter == .milliseconds(4750))
    }

    @Test("What is derived is always within the time", arguments: [1, 2, 3, 5, 8, 50])
    func derived(fall: Int) {
        for seconds in [1, 5, 30, 600] {
            let timing = CheckTiming(detectWithin: .seconds(seconds), fall: fall)
            #expect(timing.worstDetection <= .seconds(seconds))
        }
    }

    @Test("What is given wins")
    func given() {
        let timing = CheckTiming(interval: .seconds(30), timeout: .seconds(5))
        #expect(timing.worstDetection == .milliseconds(45_200))
    }

    @Test(
        "Seconds are written without zeros at the end",
        arguments: [(5000, "5"), (250, "0.25"), (1, "0.001"), (1500, "1.5"), (0, "0")])
    func text(milliseconds: Int, text: String) {
        #expect(Duration.milliseconds(milliseconds).secondsText == text)
    }
}
