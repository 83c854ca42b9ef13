// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// What the kernel says of a file (C: `struct stat`).
public struct FileStatus: Equatable, Sendable {
    /// What sort of file stands behind a name or a descriptor.
    public enum Kind: Equatable, Sendable {
        case regular, directory, fifo, socket, characterDevice, blockDevice, other

        /// For a person: "a directory".
        public var text: String {
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

    public let kind: Kind

    /// The length of the contents in bytes.
    public let size: UInt64

    /// When the contents last changed: seconds since 1970, and nanoseconds within that second.
    public let modifiedSeconds: Int
    public let modifiedNanoseconds: Int

    /// The file that `path` names, after symbolic links; the file is not opened (C: `stat`).
    public static func of(_ path: String) throws(SystemCallError) -> FileStatus {
        var raw = stat()
        _ = try systemCall("stat") { path.withCString { Int(stat($0, &raw)) } }
        return FileStatus(raw)
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
        self.size = UInt64(clamping: raw.st_size)
        self.modifiedSeconds = raw.st_mtim.tv_sec
        self.modifiedNanoseconds = raw.st_mtim.tv_nsec
    }
}

extension FileDescriptor {
    /// What the kernel says of the open file (C: `fstat`).
    public func status() throws(SystemCallError) -> FileStatus {
        var raw = stat()
        _ = try systemCall("fstat") { Int(fstat(rawValue, &raw)) }
        return FileStatus(raw)
    }

    /// Opens a file to read without waiting for whoever writes to it, should it be a FIFO (C: `O_NONBLOCK`).
    public static func openWithoutWaiting(
        _ path: String
    ) throws(SystemCallError) -> FileDescriptor {
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        let raw = try systemCall("open") { path.withCString { Int(clinux_open($0, flags, 0)) } }
        return FileDescriptor(owning: CInt(raw))
    }

    /// Reads what stands `offset` bytes into the file, at most `buffer.count` bytes (C: `pread`).
    public func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) -> Transfer {
        // What lies beyond the kernel's own offsets is beyond the end of every file.
        guard let position = off_t(exactly: offset) else { return .endOfFile }
        return try transfer("pread") {
            pread(rawValue, buffer.baseAddress, buffer.count, position)
        }
    }
}
