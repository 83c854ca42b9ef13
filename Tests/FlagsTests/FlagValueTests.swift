// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import Testing
import Text

@Suite struct SizeTests {
    @Test(
        "Sizes are read in bytes",
        arguments: [
            ("0", 0), ("4096", 4096), ("1B", 1), ("1KiB", 1024), ("512KiB", 524_288),
            ("100MiB", 104_857_600), ("1GiB", 1_073_741_824), ("2TiB", 2_199_023_255_552),
            ("1kB", 1_000), ("1KB", 1_000), ("100MB", 100_000_000), ("3GB", 3_000_000_000),
            ("1TB", 1_000_000_000_000), ("0008MiB", 8_388_608), ("9223372036854775807", .max),
            ("8388607TiB", 8_388_607 << 40),
        ] as [(String, Int64)])
    func read(_ text: String, _ bytes: Int64) throws {
        #expect(try FlagValue.size(text) == bytes)
    }

    @Test(
        "Nonsense is no size",
        arguments: [
            "", "MiB", "12XB", "-1MiB", "+1MiB", "1.5GiB", "1 MiB", " 1MiB", "1MiB ", "1mib", "1Mi",
            "1M", "0x10", "1_000", "\u{661}B", "1MiB1KiB",
        ])
    func nonsense(_ text: String) {
        let error = #expect(throws: FlagValueError.self) { try FlagValue.size(text) }
        #expect(
            error?.reason
                == "not a size: use a number with B, KiB, MiB, GiB, TiB, KB, MB, GB or TB")
    }

    @Test(
        "A size that 63 bits cannot count is too large",
        arguments: ["9223372036854775808", "8388608TiB", "99999999999999999999999GB"])
    func tooLarge(_ text: String) {
        let error = #expect(throws: FlagValueError.self) { try FlagValue.size(text) }
        #expect(error?.reason == "too large: at most 9223372036854775807 bytes can be counted")
        #expect(error?.goReason == "value out of range")
    }

    @Test(
        "Sizes are written with the largest unit that loses nothing",
        arguments: [
            (0, "0B"), (1, "1B"), (1023, "1023B"), (1024, "1KiB"), (1025, "1025B"),
            (104_857_600, "100MiB"), (1_610_612_736, "1536MiB"), (1 << 40, "1TiB"),
            (1 << 50, "1024TiB"), (100_000_000, "100000000B"),
        ] as [(Int64, String)])
    func written(_ bytes: Int64, _ text: String) throws {
        #expect(SizeText.exact(bytes) == text)
        #expect(try FlagValue.size(text) == bytes)
    }
}

@Suite struct IntegerTests {
    @Test(
        "Integers are decimal, with or without a sign",
        arguments: [
            ("0", 0), ("42", 42), ("-7", -7), ("+7", 7), ("007", 7),
            ("9223372036854775807", .max), ("-9223372036854775808", .min),
        ])
    func read(_ text: String, _ number: Int) throws {
        #expect(try FlagValue.integer(text) == number)
    }

    @Test(
        "Nonsense is no integer",
        arguments: ["", "-", "+", "x", "1x", "0x10", "1_0", " 1", "1 ", "1.0", "--1", "\u{661}"])
    func nonsense(_ text: String) {
        let error = #expect(throws: FlagValueError.self) { try FlagValue.integer(text) }
        #expect(error?.reason == "not a number: use digits only")
        #expect(error?.goReason == "parse error")
    }

    @Test("A number beyond the range or beyond 64 bits is out of range")
    func outOfRange() {
        let text = "out of range: use a number from 1 to 10"
        for number in ["0", "11", "-1", "9223372036854775808"] {
            let error = #expect(throws: FlagValueError.self) {
                try FlagValue.integer(number, in: 1...10)
            }
            #expect(error?.reason == text)
            #expect(error?.goReason == "value out of range")
        }
    }
}
