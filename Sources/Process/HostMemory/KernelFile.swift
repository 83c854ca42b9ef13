// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// A small text file under `/proc` or `/sys` that is read repeatedly.
///
/// It stays open and is read from its start each time (C: `pread`): so a process that has no descriptors left can still
/// measure its memory. Belongs to one thread at a time.
final class KernelFile {
    /// Its path, without the folder to take for `/`.
    let path: String
    private let root: String
    private var descriptor: FileDescriptor?

    private static let limit = 64 << 10
    private static let chunkSize = 4 << 10

    init(_ path: String, root: String) {
        self.path = path
        self.root = root
    }

    /// Reads its present contents.
    func read() throws(SystemCallError) -> KernelText {
        // The file of a removed control group cannot be read any more, and another may have its name now.
        if descriptor != nil, let text = try? contents() { return text }
        descriptor = nil
        descriptor = try .open(root + path)
        return try contents()
    }

    private func contents() throws(SystemCallError) -> KernelText {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: Self.chunkSize)
        while bytes.count < Self.limit {
            let transfer = try chunk.withUnsafeMutableBufferPointer {
                chunk throws(SystemCallError) in
                try descriptor?.read(
                    into: UnsafeMutableRawBufferPointer(chunk), at: UInt64(bytes.count))
            }
            guard case .bytes(let count)? = transfer else { break }
            bytes += chunk[..<count]
            // Such a file is one record, of which the kernel gives as much as there is room for.
            if count < chunk.count { break }
        }
        return KernelText(bytes)
    }
}
