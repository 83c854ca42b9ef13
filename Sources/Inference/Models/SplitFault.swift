// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GGUF

/// What is wrong with the files of a split model. Numbers of parts count from 1, as in their names.
package enum SplitFault: Error, Equatable, Sendable {
    /// The file is a part, but not the first one.
    case notFirst(number: UInt64, count: UInt64)
    /// The other parts cannot be found from this name.
    case wrongName(count: UInt64)
    case missing(number: Int, count: Int)
    /// The file stands where another part belongs, or is a part of another model.
    case wrongPart(found: GGUFSplit, number: Int, count: Int)
    /// A tensor that another part has, too.
    case repeated(tensor: String)
    case tensorCount(found: Int, expected: UInt64)
    /// The file goes on after the last tensor, as parts that were joined do.
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
            let what = found.isSplit ? "part \(found.number + 1) of \(found.count)" : "no part"
            return "it is \(what), expected part \(number) of \(count)"
        case .repeated(let tensor):
            return "it has tensor \"\(tensor)\", as another part has: it is of another model"
        case .tensorCount(let found, let expected):
            return "the parts have \(found) tensors, expected \(expected): one is of another model"
        case .trailing(let bytes):
            return "\(bytes) bytes after the last tensor: parts are joined by "
                + "llama-gguf-split --merge, not by cat"
        }
    }
}
