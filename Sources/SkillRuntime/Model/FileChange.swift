// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// Notices that a name leads to another file, or to one that was written, and that the writing is over. Pure.
struct FileChange {
    private var used: FileStatus?
    private var latest: FileStatus?

    /// What the name leads to was opened, well or badly: only another file is news from now on.
    mutating func opened(_ status: FileStatus?) {
        used = status
        latest = status
    }

    /// Takes a look; true when there is a file to open. It must have been the same at the look before: a file that
    /// still grows is not opened half. A name that leads nowhere is no reason to let go of what is there.
    mutating func look(_ status: FileStatus?) -> Bool {
        defer { latest = status }
        guard let status, status != used, status == latest else { return false }
        used = status
        return true
    }
}
