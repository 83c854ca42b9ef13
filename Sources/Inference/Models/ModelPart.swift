// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GGUF
import SystemIO

/// One file of a model: checked, open and mapped. Most models have one.
///
/// The header is read with `pread`, never through the mapping: when a file is truncated, a read gets fewer bytes, but
/// access to a missing page of a mapping is SIGBUS. Nothing here touches the mapping; see docs/decisions/0006.
final class ModelPart: Sendable {
    /// The path as it was given.
    let path: String

    /// The file as it was when it was checked.
    let status: FileStatus

    /// Stays open, so that the file can be checked even when it has lost its name.
    private let descriptor: FileDescriptor
    private let mapping: FileMapping

    /// Opens the file, and gives its header, which was checked against the file's length, to `check`.
    init(
        opening path: String, headerLimit: Int, check: (GGUFHeader) throws(ModelError) -> Void
    ) throws(ModelError) {
        guard !path.utf8.contains(0) else { throw .invalidPath(path) }
        let descriptor = try Self.open(path)
        let status = try Self.status(of: descriptor, path)
        try check(try Self.readHeader(of: descriptor, path, status.size, limit: headerLimit))
        let mapping = try Self.map(descriptor, path, status.size)
        guard try Self.status(of: descriptor, path) == status else { throw .changed(path: path) }
        self.path = path
        self.status = status
        self.descriptor = descriptor
        self.mapping = mapping
    }

    /// The bytes that it needs in the page cache: none, when the file is in memory anyway.
    var cacheSize: UInt64 { (try? descriptor.isInMemory()) == true ? 0 : status.size }

    /// The file behind the mapping as it is now. Throws when it is shorter than the mapping.
    func currentStatus() throws(ModelError) -> FileStatus {
        let now = try Self.attempt(path) { () throws(SystemCallError) in try descriptor.status() }
        guard now.size >= status.size else {
            throw .truncated(path: path, found: now.size, expected: status.size)
        }
        return now
    }

    /// Checks the header of the file behind the mapping once more, after the file was written.
    func recheckHeader() throws(ModelError) {
        do throws(ModelError) {
            _ = try Self.readHeader(of: descriptor, path, try currentStatus().size, limit: 64 << 20)
        } catch .invalid(_, let error) {
            throw .overwritten(path: path, error)
        }
    }

    /// Reads at most `buffer.count` bytes at `offset`; returns how many.
    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(ModelError) -> Int {
        try Self.attempt(path) { () throws(SystemCallError) in
            guard case .bytes(let count) = try descriptor.read(into: buffer, at: offset) else {
                return 0
            }
            return count
        }
    }

    /// Asks the kernel to read a range of the file into the page cache.
    func prefetch(from offset: UInt64, _ count: Int) {
        mapping.prefetch(from: Int(clamping: offset), count)
    }

    private static func open(_ path: String) throws(ModelError) -> FileDescriptor {
        // Checked before it is opened: opening a device can have effects.
        let kind = try attempt(path) { () throws(SystemCallError) in try FileStatus.of(path).kind }
        guard kind == .regular else { throw .notRegularFile(path: path, kind: kind) }
        return try attempt(path) { () throws(SystemCallError) in try .openWithoutWaiting(path) }
    }

    private static func status(
        of descriptor: borrowing FileDescriptor, _ path: String
    ) throws(ModelError) -> FileStatus {
        let status = try attempt(path) { () throws(SystemCallError) in try descriptor.status() }
        guard status.kind == .regular else {
            throw .notRegularFile(path: path, kind: status.kind)
        }
        guard status.size > 0 else { throw .empty(path: path) }
        return status
    }

    private static func map(
        _ descriptor: borrowing FileDescriptor, _ path: String, _ size: UInt64
    ) throws(ModelError) -> FileMapping {
        try attempt(path) { () throws(SystemCallError) in
            try .map(descriptor, count: Int(clamping: size))
        }
    }

    /// Calls `body`, and adds the path to its error.
    /// Calls `body`, and adds the path to its error.
    private static func attempt<Result: ~Copyable>(
        _ path: String, _ body: () throws(SystemCallError) -> Result
    ) throws(ModelError) -> Result {
        do throws(SystemCallError) {
            return try body()
        } catch {
            throw ModelError(path: path, error)
        }
    }

    /// Reads as much of the file as its header needs. The amount doubles each time that the header is longer, so that all
    /// attempts together read at most twice its length.
    private static func readHeader(
        of descriptor: borrowing FileDescriptor, _ path: String, _ size: UInt64, limit: Int
    ) throws(ModelError) -> GGUFHeader {
        var prefix = FilePrefix()
        var wanted = 64 << 10
        while true {
            wanted = min(wanted, limit, Int(clamping: size))
            let isComplete = try attempt(path) { () throws(SystemCallError) in
                try prefix.extend(to: wanted, from: descriptor)
            }
            guard isComplete else { throw .changed(path: path) }
            do throws(GGUFError) {
                return try prefix.header(fileSize: size)
            } catch .moreBytesNeeded(let count) {
                guard count <= UInt64(clamping: limit) else {
                    throw .invalid(path: path, .headerTooLong(limit: limit))
                }
                wanted = max(Int(clamping: count), wanted &* 2)
            } catch {
                throw .invalid(path: path, error)
            }
        }
    }
}
