// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The files of a split model: `NAME-00001-of-00003.gguf` and so on, in one folder.
struct ModelParts: Equatable {
    /// Everything before the number of the part.
    private let prefix: Substring
    let number: Int
    let count: Int

    private static let digits = 5
    private static let ending = ".gguf"

    /// Nil when the name does not have the form of a part.
    init?(_ path: String) {
        var rest = path[...]
        guard rest.hasSuffix(Self.ending) else { return nil }
        rest = rest.dropLast(Self.ending.count)
        guard let count = Self.dropNumber(after: "-of-", from: &rest),
            let number = Self.dropNumber(after: "-", from: &rest), (1...count).contains(number)
        else { return nil }
        self.prefix = rest
        self.number = number
        self.count = count
    }

    /// The file of a part.
    func path(_ number: Int) -> String { prefix + Self.suffix(number, of: count) }

    /// The end of the name of a part.
    static func suffix(_ number: Int, of count: Int) -> String {
        "-\(padded(number))-of-\(padded(count))\(ending)"
    }

    /// All files of the model whose first one is `path`.
    static func paths(_ path: String) -> [String] {
        guard let parts = ModelParts(path), parts.number == 1 else { return [path] }
        return (1...parts.count).map { parts.path($0) }
    }

    private static func dropNumber(after mark: String, from text: inout Substring) -> Int? {
        let tail = text.suffix(digits)
        guard tail.utf8.count == digits, tail.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            text.dropLast(digits).hasSuffix(mark)
        else { return nil }
        text = text.dropLast(digits + mark.count)
        return Int(tail)
    }

    private static func padded(_ number: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
