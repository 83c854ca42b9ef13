// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// Who may do what with a file (C: `st_uid` and `st_mode`).
package struct FilePermissions: Equatable, Sendable {
    /// The number of the user whose file it is.
    package let owner: UInt32
    /// The permission bits, such as 0o644.
    package let mode: UInt32

    /// Of the file that `path` names, after symbolic links.
    package static func of(_ path: String) throws(SystemCallError) -> FilePermissions {
        FilePermissions(try stat(path: path))
    }

    init(_ raw: stat) {
        self.owner = raw.st_uid
        self.mode = raw.st_mode & 0o7777
    }

    /// Users who are neither the owner nor of the file's group may read it.
    package var everyoneMayRead: Bool { mode & 0o004 != 0 }

    /// The same for writing; of a folder, for making files in it.
    package var everyoneMayWrite: Bool { mode & 0o002 != 0 }
}

extension FileDescriptor {
    /// Who may do what with the open file (C: `fstat`).
    func permissions() throws(SystemCallError) -> FilePermissions {
        FilePermissions(try stat(descriptor: rawValue))
    }
}
