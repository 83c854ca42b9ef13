// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// The options of one check that only its kind knows, as they were written. A kind takes each that it knows; what is left is
/// a mistake.
package struct CheckOptions: Equatable, Sendable {
    private var given = OptionValues()
    /// The names that the kind has asked for.
    private var known: [String] = []

    /// Options by name; one that may be repeated has several values.
    package init(_ values: [String: [String]]) {
        for name in values.keys.sorted() { given.add(name, values[name] ?? []) }
    }

    /// No options.
    package init() {}

    /// Takes the value of an option that is given once at most; nil when it is not given.
    package mutating func take(_ name: String) throws(CheckOptionError) -> String? {
        let values = takeAll(name)
        guard values.count <= 1 else { throw CheckOptionError(name, "is given twice") }
        return values.first
    }

    /// Takes all values of an option.
    package mutating func takeAll(_ name: String) -> [String] {
        // Where nothing is left, no mistake can be, which the names are told with.
        if given.names.isEmpty { return [] }
        known.append(name)
        return given.remove(name)
    }

    /// Takes a value that `parse` understands; `expected` says what that is.
    package mutating func take<Value>(
        _ name: String, _ expected: String, _ parse: (String) -> Value?
    ) throws(CheckOptionError) -> Value? {
        guard let text = try take(name) else { return nil }
        guard let value = parse(text) else {
            let shown = PrintableText.quoted(PrintableText.prefix(of: text, bytes: 100))
            throw CheckOptionError(name, "is \(shown): use \(expected)")
        }
        return value
    }

    /// Takes `true` or `false`; a name without a value is true. Nil when it is not given.
    package mutating func takeSwitch(_ name: String) throws(CheckOptionError) -> Bool? {
        try take(name, "true or false") { text in
            switch text {
            case "", "true", "yes", "on": true
            case "false", "no", "off": false
            default: nil
            }
        }
    }

    /// The same; false when it is not given.
    package mutating func takeFlag(_ name: String) throws(CheckOptionError) -> Bool {
        try takeSwitch(name) ?? false
    }

    /// What is left, when those are taken that every check has: the options of its kind.
    package var ofKind: CheckOptions {
        var options = self
        options.known = []
        return options
    }

    /// The values of an option, which stays there.
    package func values(of name: String) -> [String] { given.values(of: name) }

    /// Adds an option, unless it is given.
    package mutating func add(_ name: String, _ value: String) {
        if !given.has(name) { given.add(name, [value]) }
    }

    /// The options by name, as they were written.
    package var all: [(name: String, values: [String])] {
        given.names.sorted().map { ($0, given.values(of: $0)) }
    }

    /// Throws when something is left that the kind does not know.
    package func checkEmpty() throws(CheckOptionError) {
        guard let found = given.names.min() else { return }
        // It may be the rest of a secret with a comma in it.
        let isName =
            found.utf8.count <= 30
            && found.utf8.allSatisfy { $0.isLetter || $0 == UInt8(ascii: "-") }
        let name = isName ? found : "an option"
        let names = known.sorted().joined(separator: ", ")
        throw CheckOptionError(
            name,
            known.isEmpty
                ? "is unknown: this kind has no options" : "is unknown: this kind has \(names)")
    }
}

/// Options with their values, of which a check has few. In arrays of texts and numbers: a type that the runtime would have to make
/// at the first use, such as a dictionary of arrays, takes a third of the time of a check that runs once.
private struct OptionValues: Equatable {
    private(set) var names: [String] = []
    /// How many of `values` each name has.
    private var counts: [Int] = []
    private var values: [String] = []

    func has(_ name: String) -> Bool { names.contains(name) }

    func values(of name: String) -> [String] { range(of: name).map { Array(values[$0]) } ?? [] }

    mutating func add(_ name: String, _ more: [String]) {
        names.append(name)
        counts.append(more.count)
        values += more
    }

    mutating func remove(_ name: String) -> [String] {
        guard let index = names.firstIndex(of: name), let range = range(of: name) else { return [] }
        let found = Array(values[range])
        names.remove(at: index)
        counts.remove(at: index)
        values.removeSubrange(range)
        return found
    }

    private func range(of name: String) -> Range<Int>? {
        var start = 0
        for index in names.indices {
            if names[index] == name { return start..<(start + counts[index]) }
            start += counts[index]
        }
        return nil
    }
}

/// What is wrong with an option of a check.
package struct CheckOptionError: Error, Equatable {
    /// The option; `target` for the target.
    package let option: String
    /// What is wrong, and what to do; follows the name in a sentence.
    package let problem: String

    /// A problem of an option.
    package init(_ option: String, _ problem: String) {
        self.option = option
        self.problem = problem
    }

    /// One line.
    package var text: String { "\(option) \(problem)" }
}
