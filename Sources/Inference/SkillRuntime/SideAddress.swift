// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// Where the runtime listens beside its port, for operators or for health alone: a Unix socket or an IP address.
package struct SideAddress: Equatable, Sendable {
    /// As it was given.
    let text: String
    /// The same for the kernel.
    package let address: SocketAddress
    /// The path of a Unix socket.
    package let path: String?

    /// Reads `unix:PATH`, `127.0.0.1:PORT` or `[::1]:PORT`; nil for anything else.
    package init?(_ text: String) {
        self.text = text
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            // A name outside the file system has no owner: anybody could ask there.
            guard !path.hasPrefix("@"), let address = SocketAddress(unixPath: path) else {
                return nil
            }
            self.address = address
            self.path = path
            return
        }
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard isBracketed == host.contains(":"),
            let address = SocketAddress(numeric: String(host), port: port)
        else { return nil }
        self.address = address
        self.path = nil
    }

    package static func == (left: SideAddress, right: SideAddress) -> Bool {
        left.text == right.text
    }

    /// Only this machine reaches it.
    var isLocal: Bool { path != nil || address.isLoopback }

    /// Has `listen` listen here, after the socket of a server that has ended without taking it away is gone.
    ///
    /// A second server does not take the socket of one that is starting, either: a file beside it is locked meanwhile,
    /// so that of two that start at once the second finds the first one listening.
    func takeOver<Result>(
        _ listen: () throws(SystemCallError) -> Result
    ) throws(SystemCallError) -> Result {
        guard let path else { return try listen() }
        // Where another user's file stands in its place, or the file system has no locks, it goes without: others must not
        // be able to stop a start.
        let lock = try? FileDescriptor.openPrivate(lockPath ?? "")
        do throws(SystemCallError) {
            try lock?.lock(until: .now() + Self.patience)
        } catch {
            if error.errno == .wouldBlock { throw error }
        }
        removeStale(path)
        return try listen()
    }

    /// The file that is locked; it stays when the socket goes, for taking it away would be another race.
    package var lockPath: String? { path.map { $0 + ".lock" } }

    /// The folder of the socket.
    var folder: String? {
        path.map { path in
            guard let slash = path.lastIndex(of: "/") else { return "." }
            return slash == path.startIndex ? "/" : String(path[..<slash])
        }
    }

    /// Milliseconds are usual.
    private static let patience = Duration.seconds(2)

    /// One that somebody listens at stays.
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
    var socket: FileStatus? {
        guard let path, let status = try? FileStatus.of(path), status.kind == .socket else {
            return nil
        }
        return status
    }

    /// Takes the socket away if it is still this one, and not that of another server.
    func remove(_ own: FileStatus) {
        guard let path, let socket, socket.device == own.device, socket.inode == own.inode else {
            return
        }
        unlink(path)
    }
}
