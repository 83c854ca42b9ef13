// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing
import Text

@Suite("Sizes for a person")
struct SizeTextTests {
    @Test("Needs are rounded up, what there is down")
    func rounding() {
        let size: UInt64 = (7 << 30) + 1
        #expect(SizeText.rounded(size, .up) == "7.1 GiB")
        #expect(SizeText.rounded(size, .down) == "7.0 GiB")
        #expect(SizeText.rounded((UInt64(9) << 30), .up) == "9.0 GiB")
    }

    @Test(
        "Every magnitude has its unit",
        arguments: [
            (0, "0 bytes"), (1023, "1023 bytes"), (1024, "1.0 KiB"), (1536, "1.5 KiB"),
            (100 << 20, "100.0 MiB"), (3 << 40, "3.0 TiB"), (.max, "16777215.9 TiB"),
        ] as [(UInt64, String)])
    func units(_ size: UInt64, _ text: String) {
        #expect(SizeText.rounded(size, .down) == text)
    }
}
