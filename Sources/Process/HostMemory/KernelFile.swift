// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// A small text file under `/proc` or `/sys` that is read again and again.
///
/// It stays open and is read from its start each time (C: `pread`): a process that has used up its descriptors still
/// knows its memory. Belongs to one thread at a time.
final class KernelFile {
    /// Without the folder that stands for `/`.
    let path: String
    private let root: String
    private var descriptor: FileDescriptor?

    private static let limit = 64 << 10
    private static let pieceSize = 4 << 10

    init(_ path: String, root: String) {
        self.path = path
        self.root = root
    }

    /// What it says now.
    func read() throws(SystemCallError) -> KernelText {
        // The file of a control group that has gone cannot be read any more, and another may have its name by now.
        if descriptor != nil, let text = try? contents() { return text }
        descriptor = nil
        descriptor = try .open(root + path)
        return try contents()
    }

    private func contents() throws(SystemCallError) -> KernelText {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: Self.pieceSize)
        while bytes.count < Self.limit {
            let transfer = try piece.withUnsafeMutableBufferPointer {
                piece throws(SystemCallError) in
                try descriptor?.read(
                    into: UnsafeMutableRawBufferPointer(piece), at: UInt64(bytes.count))
            }
            guard case .bytes(let count)? = transfer else { break }
            bytes += piece[..<count]
        }
        return KernelText(bytes)
    }
}
