// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// What the program was called with.
package enum ProgramArguments {
    /// The arguments after the program's name; bytes that are not UTF-8 become U+FFFD (C: `argv`).
    package static var all: [String] {
        var all: [String] = []
        var index: CInt = 1
        while let argument = clinux_argument(index) {
            all.append(String(cString: argument))
            index += 1
        }
        return all
    }
}
