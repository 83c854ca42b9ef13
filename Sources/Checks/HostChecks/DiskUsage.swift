// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// What is used of a file system (C: `statvfs`).
struct DiskUsage: Equatable, Sendable {
    /// Blocks of the same size each: those in use, and those that are left to users without privileges.
    var usedBlocks: UInt64
    var leftBlocks: UInt64
    /// Files that are there, and that there is room for; both zero where a file system has no such limit.
    var usedFiles: UInt64
    var leftFiles: UInt64

    /// What `df` shows: blocks that are kept for root count neither as used nor as left.
    var space: UsedShare? {
        UsedShare(of: "the disk", used: usedBlocks, total: usedBlocks &+ leftBlocks)
    }

    /// The same of files.
    var files: UsedShare? {
        UsedShare(of: "the inodes", used: usedFiles, total: usedFiles &+ leftFiles)
    }
}

extension DiskUsage {
    /// Of the file system that `path` is on. Blocks, for as long as the disk does.
    init(of path: String) throws(SystemCallError) {
        var raw = statvfs()
        _ = try systemCall("statvfs") { path.withCString { Int(statvfs($0, &raw)) } }
        usedBlocks = UInt64(raw.f_blocks) &- min(UInt64(raw.f_bfree), UInt64(raw.f_blocks))
        leftBlocks = UInt64(raw.f_bavail)
        usedFiles = UInt64(raw.f_files) &- min(UInt64(raw.f_ffree), UInt64(raw.f_files))
        leftFiles = UInt64(raw.f_favail)
    }
}
