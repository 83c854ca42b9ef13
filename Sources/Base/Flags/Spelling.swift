// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Finds the name that a misspelled word may stand for.
package enum Spelling {
    /// The name with the smallest edit distance, if that is small.
    package static func nearest(to word: String, in names: [String]) -> String? {
        let limit = min(2, word.utf8.count / 3)
        // Names are short; a long word is not a misspelling of one.
        guard limit > 0, word.utf8.count <= 60 else { return nil }
        let nearest = names.map { (name: $0, distance: distance(word, $0)) }
            .min { $0.distance < $1.distance }
        return nearest.flatMap { $0.distance <= limit ? $0.name : nil }
    }

    /// The number of letters to change, add, remove or swap with their neighbour, in bytes.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var before: [Int] = []
        var row = Array(0...right.count)
        for (i, letter) in left.enumerated() {
            var next = [i + 1]
            for (j, other) in right.enumerated() {
                var best = min(row[j] + (letter == other ? 0 : 1), row[j + 1] + 1, next[j] + 1)
                if i > 0, j > 0, letter == right[j - 1], other == left[i - 1] {
                    best = min(best, before[j - 1] + 1)
                }
                next.append(best)
            }
            (before, row) = (row, next)
        }
        return row[right.count]
    }
}
