// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// What the program was called with.
package enum ProgramArguments {
    /// The two arguments after the program's name, where there are two; as in ``all``, but without an array.
    package static var two: (String, String)? {
        guard clinux_argument_count() == 3, let first = clinux_argument(1),
            let second = clinux_argument(2)
        else { return nil }
        return (String(cString: first), String(cString: second))
    }

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
