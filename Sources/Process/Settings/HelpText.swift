// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Text for a terminal: paragraphs, headings and a list in two columns, in lines of a limited width.
package struct HelpText {
    /// Ends with an end of line.
    package private(set) var text = ""
    private let width: Int

    /// Where the second column begins; a longer name has a line of its own.
    private static let column = 30
    /// Columns that every line has, however narrow the terminal is; also the second column, which a long word may need.
    private static let leastWidth = 40

    /// An empty text for a terminal of `width` columns.
    package init(width: Int) { self.width = max(width, Self.leastWidth) }

    /// Lines that are left as they are.
    package mutating func add(lines: String) { text += lines }

    /// A paragraph, after an empty line.
    package mutating func add(paragraph: String) {
        text += "\n"
        for line in wrap(paragraph, columns: width) { text += line + "\n" }
    }

    /// The heading of a list, after an empty line.
    package mutating func add(heading: String) { text += "\n\(heading):\n" }

    /// An element of a list.
    package mutating func add(name: String, meaning: String) {
        let indent = width < Self.column + Self.leastWidth ? 6 : Self.column
        let margin = String(repeating: " ", count: indent)
        var lines = wrap(meaning, columns: width - indent)[...]
        text += "  " + name
        // Two spaces at least are between the columns.
        let used = name.unicodeScalars.count + 4
        if used <= indent, let first = lines.popFirst() {
            text += String(repeating: " ", count: indent - used + 2) + first
        }
        text += "\n"
        for line in lines { text += margin + line + "\n" }
    }

    /// Breaks at spaces only: a word that is too long has a line of its own.
    private func wrap(_ text: String, columns: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            let needed = line.unicodeScalars.count + 1 + word.unicodeScalars.count
            if !line.isEmpty, needed > columns {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " " + word
        }
        return line.isEmpty ? lines : lines + [line]
    }
}
