// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SkillRuntime

@Suite("The times of a drain")
struct DrainTimesTests {
    @Test(
        "The deadline counts from the beginning, follows from the grace period, and leaves time after it",
        arguments: [
            (5_000, nil, 5_000, 8_000), (0, nil, 0, 8_000), (30_000, nil, 30_000, 33_000),
            (5_000, 20_000, 5_000, 20_000), (5_000, 5_000, 4_000, 5_000), (5_000, 400, 300, 400),
            (0, 0, 0, 0),
        ] as [(Int, Int?, Int, Int)])
    func times(_ grace: Int, _ deadline: Int?, _ rightGrace: Int, _ rightDeadline: Int) {
        let times = DrainTimes(
            grace: .milliseconds(grace), deadline: deadline.map { .milliseconds($0) })
        #expect(times.grace == .milliseconds(rightGrace))
        #expect(times.deadline == .milliseconds(rightDeadline))
    }
}
