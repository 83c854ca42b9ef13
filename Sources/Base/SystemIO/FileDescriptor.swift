// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// An open descriptor. It is closed when its owner ends.
@frozen  // so that Embedded Swift can discard it in `release()`
public struct FileDescriptor: ~Copyable {
    package let rawValue: CInt

    /// Takes ownership of `rawValue`.
    package init(owning rawValue: CInt) { self.rawValue = rawValue }

    deinit { close(rawValue) }

    /// Gives up ownership; the result must be passed to ``init(owning:)``.
    package consuming func release() -> CInt {
        let raw = rawValue
        discard self
        return raw
    }

    /// Raises the soft limit of open files to the hard limit, and returns it (C: `RLIMIT_NOFILE`). The soft limit
    /// is often 1,024, for programs that use `select`.
    package static func raiseLimit() -> Int { Int(clinux_raise_descriptor_limit()) }

    /// Opens a file to read (C: `open`).
    package static func open(_ path: String) throws(SystemCallError) -> FileDescriptor {
        let raw = try systemCall("open") {
            path.withCString { Int(clinux_open($0, O_RDONLY | O_CLOEXEC, 0)) }
        }
        return FileDescriptor(owning: CInt(raw))
    }

    /// Opens a file that only this user may open, or creates it. Throws for a file that others own or may open
    /// (C: `O_NOFOLLOW`).
    package static func openPrivate(_ path: String) throws(SystemCallError) -> FileDescriptor {
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        let raw = try systemCall("open") {
            path.withCString { Int(clinux_open($0, flags, 0o600)) }
        }
        let descriptor = FileDescriptor(owning: CInt(raw))
        let permissions = try descriptor.permissions()
        guard permissions.owner == geteuid(), permissions.mode & 0o077 == 0 else {
            throw SystemCallError("open", .permissionDenied)
        }
        return descriptor
    }

    /// Makes a file in memory that ends with its last descriptor; `name` is for debugging (C: `memfd_create`).
    package static func inMemory(named name: String) throws(SystemCallError) -> FileDescriptor {
        let raw = try systemCall("memfd_create") {
            name.withCString { Int(clinux_memory_file($0)) }
        }
        return FileDescriptor(owning: CInt(raw))
    }

    /// Takes an exclusive lock on the open file or folder, until the descriptor is closed (C: `flock`). Throws
    /// ``Errno/wouldBlock`` if another process still has it at `deadline`.
    package func lock(until deadline: MonotonicTime) throws(SystemCallError) {
        while true {
            do throws(SystemCallError) {
                _ = try systemCall("flock") { Int(flock(rawValue, LOCK_EX | LOCK_NB)) }
                return
            } catch {
                if error.errno != .wouldBlock || MonotonicTime.now() >= deadline { throw error }
            }
            (MonotonicTime.now() + .milliseconds(10)).sleep()
        }
    }

    /// The result of one transfer.
    package enum Transfer: Equatable, Sendable {
        /// So many bytes were transferred, at least one.
        case bytes(Int)
        /// Nothing is possible now; wait until the descriptor is ready.
        case wouldBlock
        /// The peer sends no more (only when reading).
        case endOfFile
    }

    /// Reads available bytes, at most `buffer.count` bytes (C: `read`).
    package func read(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemCallError) -> Transfer {
        try transfer("read") { CLinux.read(rawValue, buffer.baseAddress, buffer.count) }
    }

    /// Writes some of `buffer` (C: `write`).
    package func write(_ buffer: UnsafeRawBufferPointer) throws(SystemCallError) -> Transfer {
        try transfer("write") { CLinux.write(rawValue, buffer.baseAddress, buffer.count) }
    }

    /// Writes all of `buffer` to a blocking descriptor.
    package func writeAll(_ buffer: UnsafeRawBufferPointer) throws(SystemCallError) {
        var rest = buffer
        while rest.count > 0 {
            guard case .bytes(let count) = try write(rest) else {
                throw SystemCallError("write", .wouldBlock)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Reads a small file to its end; `limit` bytes at most, so that no file can fill the memory.
    package func readAll(limit: Int) throws(SystemCallError) -> [UInt8] {
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while contents.count < limit {
            let room = min(chunk.count, limit - contents.count)
            let (count, failure) = chunk.withUnsafeMutableBytes {
                let count = CLinux.read(rawValue, $0.baseAddress, room)
                return (count, count < 0 ? Errno.current : nil)
            }
            if let failure {
                if failure == .interrupted { continue }
                throw SystemCallError("read", failure)
            }
            if count == 0 { break }
            contents.append(contentsOf: chunk[..<count])
        }
        return contents
    }

    @inline(__always)
    func transfer(
        _ name: StaticString, _ body: () -> Int
    ) throws(SystemCallError) -> Transfer {
        do throws(SystemCallError) {
            let count = try systemCall(name, body)
            return count > 0 ? .bytes(count) : .endOfFile
        } catch {
            if error.errno == .wouldBlock { return .wouldBlock }
            throw error
        }
    }
}
