// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// A command to start: its words, and its environment, byte for byte.
///
/// Unchecked Sendable: the memory is written once, in `init`.
package final class ChildCommand: @unchecked Sendable {
    /// The words, with nil at the end.
    let arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    /// The command whose program is a path, or a name for PATH.
    package convenience init(_ words: [String]) {
        precondition(!words.isEmpty, "a command has a program")
        self.init(count: words.count) { strdup(words[$0]) }
    }

    /// The words that this program was called with, from one on: also those that are not UTF-8. Nil when there is none.
    package convenience init?(argumentsFrom index: Int) {
        let count = Int(clinux_argument_count()) - index
        guard count > 0 else { return nil }
        self.init(count: count) { strdup(clinux_argument(CInt(index + $0))) }
    }

    private init(count: Int, _ word: (Int) -> UnsafeMutablePointer<CChar>?) {
        self.count = count
        arguments = .allocate(capacity: count + 1)
        for index in 0..<count { (arguments + index).initialize(to: word(index)) }
        (arguments + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { free(arguments[index]) }
        arguments.deallocate()
    }

    /// The program, for people: bytes that are not UTF-8 become U+FFFD.
    package var program: String { arguments[0].map { String(cString: $0) } ?? "" }

    /// All words, for people.
    package var words: [String] {
        (0..<count).map { arguments[$0].map { String(cString: $0) } ?? "" }
    }
}
