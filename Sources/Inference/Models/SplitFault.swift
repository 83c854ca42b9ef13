// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GGUF

/// What is wrong with the files of a split model. Numbers of parts count from 1, as in their names.
package enum SplitFault: Error, Equatable, Sendable {
    /// The file is a part, but not the first.
    case notFirst(number: UInt64, count: UInt64)
    /// The names of the other parts cannot be derived from this name.
    case wrongName(count: UInt64)
    case missing(number: Int, count: Int)
    /// The file has the name of another part, or is a part of another model.
    case wrongPart(found: GGUFSplit, number: Int, count: Int)
    /// Another part has this tensor too.
    case repeated(tensor: String)
    case tensorCount(found: Int, expected: UInt64)
    /// The file continues after the last tensor, as parts that were concatenated do.
    case trailing(bytes: UInt64)

    /// For a person.
    var text: String {
        switch self {
        case .notFirst(let number, let count):
            return "it is part \(number) of \(count): name the first part"
        case .wrongName(let count):
            let ending = ModelParts.suffix(1, of: Int(clamping: count))
            return
                "it is part 1 of \(count), but its name does not end in \(ending), by which the other "
                + "parts are found (parts are joined by llama-gguf-split --merge, not by cat)"
        case .missing(let number, let count): return "part \(number) of \(count) is missing"
        case .wrongPart(let found, let number, let count):
            let what = found.isSplit ? "part \(found.number + 1) of \(found.count)" : "not a part"
            return "it is \(what), expected part \(number) of \(count)"
        case .repeated(let tensor):
            return "it has tensor \"\(tensor)\", and another part has it too: it belongs to "
                + "another model"
        case .tensorCount(let found, let expected):
            return "the parts have \(found) tensors, expected \(expected): one belongs to another "
                + "model"
        case .trailing(let bytes):
            return "\(bytes) bytes after the last tensor: parts are joined by "
                + "llama-gguf-split --merge, not by cat"
        }
    }
}
