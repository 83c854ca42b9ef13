// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Notices that a name leads to other files, or to changed ones, and that nothing writes them any more. Pure: `Status` is
/// what is known of them at one moment.
struct FileChange<Status: Equatable> {
    private var used: Status?
    private var latest: Status?

    /// What the name leads to was opened, whether that succeeded or not: only another file is a change from now on.
    mutating func opened(_ status: Status?) {
        used = status
        latest = status
    }

    /// Takes what the name leads to now; true when that is a new file to open. It must have been the same the time before: a
    /// file that still grows is not complete. A name that leads nowhere changes nothing.
    mutating func observe(_ status: Status?) -> Bool {
        defer { latest = status }
        guard let status, status != used, status == latest else { return false }
        used = status
        return true
    }
}
