// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// The children of this process, of whom those are orphans that it has not started.
enum Orphans {
    /// Their numbers; nil where the kernel does not list children (`CONFIG_PROC_CHILDREN`), or without /proc.
    static func all(except isOurs: (CInt) -> Bool) -> [CInt]? {
        let folder = "/proc/self/task"
        var found: [CInt]?
        for thread in FolderListing.names(in: folder) {
            guard let file = try? FileDescriptor.open("\(folder)/\(thread)/children"),
                let bytes = try? file.readAll(limit: 1 << 20)
            else { continue }
            let children = bytes.split(separator: UInt8(ascii: " ")).compactMap {
                CInt(String(decoding: $0, as: UTF8.self))
            }
            found = (found ?? []) + children.filter { !isOurs($0) }
        }
        return found
    }
}
