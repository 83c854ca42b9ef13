// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The names in a folder.
package enum FolderListing {
    /// All names except hidden ones and links within the folder; none if it cannot be read (C: `readdir`).
    package static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.utf8.first == UInt8(ascii: ".") { continue }
            if CInt(entry.pointee.d_type) == CInt(DT_LNK), isLink(folder + "/" + name) { continue }
            names.append(name)
        }
        return names
    }

    /// A link to a file beside it.
    private static func isLink(_ path: String) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { place in
            guard let base = place.baseAddress else { return false }
            let count = readlink(path, base, place.count)
            return count > 0 && !place[..<count].contains(UInt8(ascii: "/"))
        }
    }
}
