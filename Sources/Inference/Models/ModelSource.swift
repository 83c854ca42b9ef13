// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Where one of the runtime's models comes from, and whether readiness needs it.
package struct ModelSource: Equatable, Sendable {
    /// Its name; also the skill's, when it is the only one.
    package var name: String
    /// Its file; nil to find it by the name.
    package var path: String?
    /// Whether the runtime is ready only while it is loaded.
    package var isRequired = true
    /// Whether it has its own health name: `model/NAME`.
    package var isNamed = false

    /// A model that is given by its skill's name or its path alone.
    package init(name: String, path: String?) {
        self.name = name
        self.path = path
    }

    /// A model in the form of `--model`: `NAME=PATH`, with `,optional` after it when readiness does not need it. Nil for a
    /// path alone: a name consists of letters, digits, `.`, `_` and `-`.
    package init?(_ text: String) {
        guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let name = text[..<equals]
        guard !name.isEmpty, name.utf8.count <= 128, name.utf8.allSatisfy(Self.isOfName) else {
            return nil
        }
        var path = text[text.utf8.index(after: equals)...]
        let isOptional = path.hasSuffix(Self.optional)
        if isOptional { path = path.dropLast(Self.optional.count) }
        self.name = String(name)
        self.path = String(path)
        self.isRequired = !isOptional
        self.isNamed = true
    }

    /// In the form of `--model`.
    package var text: String { "\(name)=\(path ?? "")" + (isRequired ? "" : Self.optional) }

    private static var optional: String { ",optional" }

    /// Its own health name; nil for none.
    package var healthName: String? { isNamed ? "model/\(name)" : nil }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
