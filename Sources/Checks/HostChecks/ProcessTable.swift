// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// The processes that `/proc` shows.
struct ProcessTable: Sendable {
    /// A process.
    struct Entry: Equatable, Sendable {
        let number: Int
        /// The first 15 bytes of the program's name, or what it calls itself.
        let name: String
        /// As in `ps`: `R`, `S`, `D`, `T` for one that is stopped, `Z` for one that has ended.
        let state: UInt8

        /// It has ended, and only its status is left.
        var hasEnded: Bool { [UInt8(ascii: "Z"), UInt8(ascii: "X")].contains(state) }
        /// It was stopped by a signal or a debugger.
        var isStopped: Bool { [UInt8(ascii: "T"), UInt8(ascii: "t")].contains(state) }
    }

    /// A folder to take for `/`.
    let root: String

    private static let fileLimit = 4 << 10

    /// A process by its number; nil when there is none.
    func entry(_ number: Int) -> Entry? {
        guard let stat = read("\(number)/stat"),
            // A name may contain every byte: the last parenthesis ends it (proc(5)).
            let open = stat.firstIndex(of: UInt8(ascii: "(")),
            let close = stat.lastIndex(of: UInt8(ascii: ")")), open < close,
            close + 2 < stat.endIndex
        else { return nil }
        let name = String(decoding: stat[(open + 1)..<close], as: UTF8.self)
        return Entry(number: number, name: name, state: stat[close + 2])
    }

    /// The processes of a program. Those that have ended are not among them.
    func entries(named name: String) -> [Entry] {
        FolderListing.names(in: root + "/proc").compactMap { folder in
            guard let number = Int(folder), let entry = entry(number), !entry.hasEnded,
                isOf(name, entry)
            else { return nil }
            return entry
        }
    }

    /// The process calls itself so, or was started from a file of this name.
    func isOf(_ name: String, _ entry: Entry) -> Bool {
        // A process may change its name, and the kernel keeps only the beginning of a long one.
        entry.name == name || program(of: entry.number) == name
    }

    /// The last part of the path that a process was called with.
    private func program(of number: Int) -> String? {
        guard let line = read("\(number)/cmdline") else { return nil }
        let path = line.prefix { $0 != 0 }
        let start = path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? path.startIndex
        return String(decoding: path[start...], as: UTF8.self)
    }

    private func read(_ path: String) -> [UInt8]? {
        try? FileDescriptor.open(root + "/proc/" + path).readAll(limit: Self.fileLimit)
    }
}
