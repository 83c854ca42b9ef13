// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags

/// Finds the name that a mistyped one stands for.
enum NearestName {
    /// The name with the same letters, such as drain-grace for `drainGrace` and `drain_grace`, or else the nearest name if it is near.
    static func find(_ word: String, in names: [String]) -> String? {
        let size = word.utf8.count
        guard size <= maxSize else { return nil }
        let letters = letters(of: word)
        if let same = names.first(where: { Self.letters(of: $0) == letters }) { return same }
        // Before their distance is computed, which costs more: a file may have thousands of such words.
        let near = names.filter { abs($0.utf8.count - size) <= maxDistance }
        return Spelling.nearest(to: word, in: near)
    }

    private static let maxSize = 60
    private static let maxDistance = 2

    private static func letters(of name: String) -> [UInt8] {
        name.utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") }
            .map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 }
    }
}
