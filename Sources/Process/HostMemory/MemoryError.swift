// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// Why the memory cannot be measured.
package enum MemoryError: Error, Equatable, Sendable {
    case unreadable(path: String, SystemCallError)
    /// A file of the kernel does not have the expected lines.
    case malformed(path: String)

    /// For a person: "/proc/meminfo: open: No such file or directory".
    package var text: String {
        switch self {
        case .unreadable(let path, let failure): "\(path): \(failure.text)"
        case .malformed(let path): "\(path): the expected lines are missing"
        }
    }
}
