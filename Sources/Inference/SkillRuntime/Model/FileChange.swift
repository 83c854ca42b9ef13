// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Notices that a name leads to other files, or to some that were written, and that the writing is over. Pure: `Status` is
/// what is known of them at a look.
struct FileChange<Status: Equatable> {
    private var used: Status?
    private var latest: Status?

    /// What the name leads to was opened, well or badly: only another file is news from now on.
    mutating func opened(_ status: Status?) {
        used = status
        latest = status
    }

    /// Takes a look; true when there is a file to open. It must have been the same at the look before: a file that
    /// still grows is not opened half. A name that leads nowhere is no reason to let go of what is there.
    mutating func look(_ status: Status?) -> Bool {
        defer { latest = status }
        guard let status, status != used, status == latest else { return false }
        used = status
        return true
    }
}
