// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The environment that the program was started with.
package enum ProgramEnvironment {
    /// The variables whose names `isWanted`, the first of each name; bytes that are not UTF-8 become U+FFFD (C:
    /// `environ`).
    package static func variables(_ isWanted: (String) -> Bool) -> [String: String] {
        var variables: [String: String] = [:]
        var index: CInt = 0
        while let entry = clinux_environment(index) {
            index += 1
            let bytes = UnsafeRawBufferPointer(start: entry, count: strlen(entry))
            guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: bytes[..<equals], as: UTF8.self)
            guard isWanted(name), variables[name] == nil else { continue }
            variables[name] = String(decoding: bytes[(equals + 1)...], as: UTF8.self)
        }
        return variables
    }

    /// Takes a variable out, so that children do not get it; before the first thread is started (C: `unsetenv`).
    package static func remove(_ name: String) { unsetenv(name) }
}
