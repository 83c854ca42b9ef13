// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
package import SystemIO
import Text

/// Where a program listens beside its port, for operators or for health alone: a Unix socket or an IP address.
package struct SideAddress: Equatable, Sendable {
    /// As it was given.
    package let text: String
    /// The same for the kernel.
    package let address: SocketAddress
    /// The path of a Unix socket.
    package let path: String?

    /// Reads `unix:PATH`, `127.0.0.1:PORT` or `[::1]:PORT`; nil for anything else.
    package init?(_ text: String) {
        self.text = text
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            // A name outside the file system has no owner: every user could connect.
            guard !path.hasPrefix("@"), let address = SocketAddress(unixPath: path) else {
                return nil
            }
            self.address = address
            self.path = path
            return
        }
        guard let parts = try? HostAndPort.split(text.utf8[...]),
            parts.isBracketed == parts.host.contains(UInt8(ascii: ":")),
            let port = parts.port.flatMap({ HostAndPort.listenPort($0) }),
            let address = SocketAddress(numeric: String(Substring(parts.host)), port: port)
        else { return nil }
        self.address = address
        self.path = nil
    }

    package static func == (left: SideAddress, right: SideAddress) -> Bool {
        left.text == right.text
    }

    /// Only this machine reaches it.
    package var isLocal: Bool { path != nil || address.isLoopback }

    /// Removes the socket that an ended server has left, then calls `listen`.
    ///
    /// A file beside the socket is locked meanwhile: the lock serialises concurrent starts.
    package func takeOver<Result>(
        _ listen: () throws(SystemCallError) -> Result
    ) throws(SystemCallError) -> Result {
        guard let path else { return try listen() }
        // Without a lock where another user owns that file, or the file system has none: others must not be able to
        // prevent a start.
        let lock = try? FileDescriptor.openPrivate(lockPath ?? "")
        do throws(SystemCallError) {
            try lock?.lock(until: .now() + Self.lockTimeout)
        } catch {
            if error.errno == .wouldBlock { throw error }
        }
        removeStale(path)
        return try listen()
    }

    /// The file that is locked; it stays when the socket goes, because to remove it would be another race.
    package var lockPath: String? { path.map { $0 + ".lock" } }

    /// The folder of the socket.
    package var folder: String? {
        path.map { path in
            guard let slash = path.lastIndex(of: "/") else { return "." }
            return slash == path.startIndex ? "/" : String(path[..<slash])
        }
    }

    /// A start holds the lock for milliseconds.
    private static let lockTimeout = Duration.seconds(2)

    /// Removes the socket of a server that has ended; one that has a listener stays.
    private func removeStale(_ path: String) {
        guard socket != nil, let descriptor = try? FileDescriptor.streamSocket(for: address) else {
            return
        }
        do throws(SystemCallError) {
            _ = try descriptor.connect(to: address)
        } catch {
            if error.errno == .connectionRefused { unlink(path) }
        }
    }

    /// The socket that is here now; nil when there is none.
    package var socket: FileStatus? {
        guard let path, let status = try? FileStatus.of(path), status.kind == .socket else {
            return nil
        }
        return status
    }

    /// Removes the socket if it is still this one, and not that of another server.
    package func remove(_ own: FileStatus) {
        guard let path, let socket, socket.device == own.device, socket.inode == own.inode else {
            return
        }
        unlink(path)
    }
}
