// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import InstanceRegistry

@Suite("The time of a registration")
struct RegistrationTimeTests {
    @Test(
        "A text of a time is read, with or without a zone and a fraction",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2023-11-14T22:13:20.125Z", 1_700_000_000_125),
            ("2023-11-14T22:13:20.125678", 1_700_000_000_125),
            ("2023-11-14 22:13:20", 1_700_000_000_000),
            ("2023-11-15T00:13:20+02:00", 1_700_000_000_000),
            ("2023-11-14T20:43:20-01:30", 1_700_000_000_000),
            ("2024-02-29T00:00:00.5Z", 1_709_164_800_500),
            ("1969-12-31T23:59:59Z", -1000),
        ])
    func read(_ text: String, _ expected: Int64) {
        #expect(RegistrationTime.milliseconds(text) == expected)
    }

    @Test(
        "A text that is no time is none",
        arguments: [
            "", "yesterday", "2023-11-14", "2023-13-14T22:13:20Z", "2023-11-14T24:13:20Z",
            "9999-12-31T23:59:60-23:59", "0000-01-01T00:00:00+00:01", "2023-02-31T00:00:00Z",
            "2023-02-29T00:00:00Z", "2023-04-31T00:00:00Z", "2023-11-14T22:13:20Zx",
            "2023-11-14T22:13:20+2", "-023-11-14T22:13:20Z",
        ])
    func refused(_ text: String) { #expect(RegistrationTime.milliseconds(text) == nil) }

    @Test("What is written is read again")
    func roundTrip() {
        for milliseconds: Int64 in [
            -62_167_219_200_000, 253_402_300_799_999, 0, 1, 951_782_399_999, 1_700_000_000_125,
            4_102_444_800_000,
        ] {
            #expect(
                RegistrationTime.milliseconds(RegistrationTime.text(milliseconds)) == milliseconds)
        }
    }

    @Test("The waits of a backoff grow, and are spread over three quarters of their time")
    func backoff() {
        var backoff = SpreadBackoff(first: .seconds(1), longest: .seconds(3))
        #expect(backoff.advance(1) == .seconds(1))
        #expect(backoff.advance(0) == .milliseconds(500))
        #expect(backoff.advance(1) == .seconds(3))
        #expect(backoff.advance(0) == .milliseconds(750))
        backoff.reset()
        #expect(backoff.advance(1) == .seconds(1))
    }
}
