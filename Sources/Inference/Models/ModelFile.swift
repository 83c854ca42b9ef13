// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// A model: a GGUF file, or the files of a split one, checked and mapped. It is unmapped with its last reference, so that a
/// request keeps the model with which it began.
package final class ModelFile: Sendable {
    /// The path as it was given.
    package var path: String { parts[0].path }

    /// The name in the file (`general.name`).
    package let name: String?

    /// Such as "llama" (`general.architecture`).
    package let architecture: String?

    package let tensorCount: Int

    /// The length of all files together, in bytes.
    package let fileSize: UInt64

    /// At least one, in their order.
    private let parts: [ModelPart]

    /// The files as they were when they were checked.
    var statuses: [FileStatus] { parts.map(\.status) }

    /// Opens the file, and the other parts when it is the first of several. Checks the headers against the lengths of the
    /// files and against each other, and maps the files.
    ///
    /// - Parameters:
    ///   - headerLimit: The most bytes that a header may have; so many are held in memory while it is read.
    ///   - room: Throws when valid files of this size do not fit into memory.
    package init(
        opening path: String, headerLimit: Int = 64 << 20,
        room: (UInt64) throws(ModelError) -> Void = { (_) throws(ModelError) in }
    ) throws(ModelError) {
        var check = ModelCheck(path)
        var parts: [ModelPart] = []
        var next: String? = path
        while let path = next {
            do throws(ModelError) {
                let part = try ModelPart(opening: path, headerLimit: headerLimit) {
                    header throws(ModelError) in try check.take(header)
                }
                try check.opened(part.status.size)
                parts.append(part)
            } catch {
                throw check.explained(error)
            }
            next = check.next
        }
        try check.finish()
        let needed = parts.reduce(0) { $0 + $1.cacheSize }
        if needed > 0 { try room(needed) }
        self.name = check.name
        self.architecture = check.architecture
        self.tensorCount = check.tensorCount
        self.fileSize = parts.reduce(0) { $0 + $1.status.size }
        self.parts = parts
    }

    /// The files behind the mapping as they are now. Throws when one is shorter than the mapping.
    func currentStatuses() throws(ModelError) -> [FileStatus] {
        var statuses: [FileStatus] = []
        for part in parts { statuses.append(try part.currentStatus()) }
        return statuses
    }

    /// Checks the headers of the files behind the mapping once more, after the files were written.
    func recheckHeaders() throws(ModelError) {
        for part in parts { try part.recheckHeader() }
    }

    /// Reads at most `buffer.count` bytes at `offset`, and not beyond the end of a part; returns how many. A file that was
    /// truncated has fewer, where access through the mapping would end the process.
    package func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(ModelError) -> Int {
        var offset = offset
        for part in parts {
            if offset < part.status.size { return try part.read(into: buffer, at: offset) }
            offset -= part.status.size
        }
        return 0
    }

    /// Asks the kernel to read a range of the model into the page cache.
    func prefetch(from offset: UInt64, _ count: Int) {
        var offset = offset
        for part in parts {
            if offset < part.status.size { return part.prefetch(from: offset, count) }
            offset -= part.status.size
        }
    }
}
