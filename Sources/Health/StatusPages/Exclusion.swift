// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import Text

/// Checks that a client wants to be left out of its answer; others see no difference.
struct Exclusion {
    /// Those that there are.
    private(set) var names: Set<OutcomeName> = []
    /// Names that nothing has.
    private(set) var unmatched: [String] = []

    /// So many unknown names are repeated, and so much of each.
    private static let limits = (names: 8, bytes: 64)

    /// What these names leave out of `checks`: a check of the name, or all below it (`model` means `model/a` and
    /// `model/b`).
    init(of names: [String], from checks: [OutcomeName]) {
        for name in names {
            let found = checks.filter { $0.rawValue == name || $0.rawValue.hasPrefix(name + "/") }
            self.names.formUnion(found)
            if found.isEmpty, !unmatched.contains(name) { unmatched.append(name) }
        }
    }

    /// What to say about unknown names; nil when there are none.
    static func warning(of unmatched: [String]) -> String? {
        if unmatched.isEmpty { return nil }
        var quoted = unmatched.prefix(limits.names).map { name in
            PrintableText.quoted(PrintableText.prefix(of: name, bytes: limits.bytes))
        }
        if unmatched.count > limits.names { quoted.append("...") }
        return "some health checks cannot be excluded: no matches for "
            + quoted.joined(separator: ",")
    }
}
