// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The status of a file (C: `struct stat`).
package struct FileStatus: Equatable, Sendable {
    /// The type of a file.
    package enum Kind: Equatable, Sendable {
        case regular, directory, fifo, socket, characterDevice, blockDevice, other

        /// For a person: "a directory".
        package var text: String {
            switch self {
            case .regular: "a regular file"
            case .directory: "a directory"
            case .fifo: "a FIFO"
            case .socket: "a socket"
            case .characterDevice: "a character device"
            case .blockDevice: "a block device"
            case .other: "not a file"
            }
        }
    }

    package let kind: Kind

    /// The identity of the file, independent of its name: two existing files never have both numbers in common.
    package let device: UInt64
    package let inode: UInt64

    /// The length of the contents in bytes.
    package let size: UInt64

    /// When the contents last changed: seconds since 1970, and nanoseconds within that second.
    package let modifiedSeconds: Int
    package let modifiedNanoseconds: Int

    /// The file that `path` names, after symbolic links; the file is not opened (C: `stat`).
    package static func of(_ path: String) throws(SystemCallError) -> FileStatus {
        FileStatus(try stat(path: path))
    }

    init(_ raw: stat) {
        self.kind =
            switch CInt(truncatingIfNeeded: raw.st_mode) & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            case S_IFIFO: .fifo
            case S_IFSOCK: .socket
            case S_IFCHR: .characterDevice
            case S_IFBLK: .blockDevice
            default: .other
            }
        self.device = UInt64(raw.st_dev)
        self.inode = UInt64(raw.st_ino)
        self.size = UInt64(clamping: raw.st_size)
        self.modifiedSeconds = raw.st_mtim.tv_sec
        self.modifiedNanoseconds = raw.st_mtim.tv_nsec
    }
}

extension FileDescriptor {
    /// The status of the open file (C: `fstat`).
    package func status() throws(SystemCallError) -> FileStatus {
        FileStatus(try stat(descriptor: rawValue))
    }

    /// The file is in memory, as on a tmpfs: reading it needs no further memory
    /// (C: `fstatfs`).
    package func isInMemory() throws(SystemCallError) -> Bool {
        let temporary: Int64 = 0x0102_1994  // TMPFS_MAGIC
        let plain: Int64 = 0x8584_58f6  // RAMFS_MAGIC
        var raw = statfs()
        _ = try systemCall("fstatfs") { Int(fstatfs(rawValue, &raw)) }
        return [temporary, plain].contains(Int64(raw.f_type))
    }

    /// Opens a file to read. A FIFO is opened without waiting for its writer (C: `O_NONBLOCK`).
    package static func openWithoutWaiting(
        _ path: String
    ) throws(SystemCallError) -> FileDescriptor {
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        let raw = try systemCall("open") { path.withCString { Int(clinux_open($0, flags, 0)) } }
        return FileDescriptor(owning: CInt(raw))
    }

    /// Reads from `offset`, at most `buffer.count` bytes (C: `pread`).
    package func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) -> Transfer {
        // An offset that the kernel cannot represent is beyond the end of every file.
        guard let position = off_t(exactly: offset) else { return .endOfFile }
        return try transfer("pread") {
            pread(rawValue, buffer.baseAddress, buffer.count, position)
        }
    }
}

extension stat {
    /// The status of the file that `path` names, after symbolic links (C: `stat`).
    init(path: String) throws(SystemCallError) {
        self.init()
        _ = try systemCall("stat") { path.withCString { Int(stat($0, &self)) } }
    }

    /// The status of an open file (C: `fstat`).
    init(descriptor: CInt) throws(SystemCallError) {
        self.init()
        _ = try systemCall("fstat") { Int(fstat(descriptor, &self)) }
    }
}
