// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// How many descriptors a process has open.
package enum OpenDescriptors {
    /// Of a process by its number, or `self`; nil when it has ended, or is not ours to look at.
    ///
    /// Newer kernels (6.2) tell the number as the size of the folder; others list them.
    package static func count(of process: String) -> Int? {
        var status = stat()
        let path = "/proc/\(process)/fd"
        guard stat(path, &status) == 0 else { return nil }
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        if status.st_size > 0 { return Int(status.st_size) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // `.`, `..`, and of our own that of the listing itself.
        return max(0, count - (process == "self" ? 3 : 2))
    }
}
