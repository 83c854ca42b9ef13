// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Writes lines of a tree. No text of others can end a line of it, or begin one.
struct TreeText {
    /// A line, and those below it.
    struct Branch {
        let text: String
        let parts: [Branch]

        init(_ text: String, _ parts: [Branch] = []) {
            self.text = text
            self.parts = parts
        }
    }

    private(set) var text = ""

    /// Bytes of a line: a cause may be long.
    private static let lineLimit = 1024

    mutating func line(_ line: String) {
        text += PrintableText.escaped(line, limit: Self.lineLimit) + "\n"
    }

    /// The branches of what the latest line says.
    mutating func branches(_ branches: [Branch], indent: String = "") {
        for (index, branch) in branches.enumerated() {
            let isLast = index == branches.count - 1
            text += indent + (isLast ? "└─ " : "├─ ")
            line(branch.text)
            self.branches(branch.parts, indent: indent + (isLast ? "   " : "│  "))
        }
    }
}
