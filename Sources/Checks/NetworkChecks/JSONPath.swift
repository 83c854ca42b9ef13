// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import JSONWire

/// The way to a value in a JSON document: `status.databases[0].name`.
enum JSONPath {
    enum Step: Equatable {
        case member(String)
        case element(Int)
    }

    /// The steps of a path. What is no number in brackets is part of a name.
    static func steps(of path: String) -> [Step] {
        var steps: [Step] = []
        for part in path.utf8.split(separator: UInt8(ascii: ".")) {
            var name = part
            var indices: [Step] = []
            while name.last == UInt8(ascii: "]"), let open = name.lastIndex(of: UInt8(ascii: "[")),
                let index = Int(
                    String(
                        decoding: Array(name[name.index(after: open)...].dropLast()), as: UTF8.self)
                ),
                index >= 0
            {
                indices.append(.element(index))
                name = name[..<open]
            }
            if !name.isEmpty { steps.append(.member(String(decoding: Array(name), as: UTF8.self))) }
            steps += indices.reversed()
        }
        return steps
    }
}

extension JSONValue {
    /// The value at a path; none where there is none.
    func value(at path: String) -> JSONValue {
        var found = self
        for step in JSONPath.steps(of: path) {
            switch step {
            case .member(let name): found = found[name]
            case .element(let index): found = found[index]
            }
        }
        return found
    }

    /// A text, a number, `true`, `false` or `null` as text; nil for an object, an array or nothing.
    var text: String? {
        if let string { return string }
        if let integer { return String(integer) }
        if let number { return String(number) }
        return isTrue.map { $0 ? "true" : "false" } ?? (isNull ? "null" : nil)
    }
}
