// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// Where operators ask: a Unix socket, or a port that only this machine reaches. Nobody is asked who they are there.
public struct AdminAddress: Equatable, Sendable {
    /// As it was given.
    let text: String
    /// The same for the kernel.
    public let address: SocketAddress
    /// The path of a Unix socket.
    public let path: String?

    /// Reads `unix:PATH`, `127.0.0.1:PORT` or `[::1]:PORT`; nil for anything else, and so for an address that others
    /// reach.
    public init?(_ text: String) {
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
            let address = SocketAddress(numeric: String(host), port: port), address.isLoopback
        else { return nil }
        self.address = address
        self.path = nil
    }

    public static func == (left: AdminAddress, right: AdminAddress) -> Bool {
        left.text == right.text
    }

    /// Takes away the socket of a server that has ended without doing so. One that somebody listens at stays.
    public func removeStale() {
        guard let path, (try? FileStatus.of(path))?.kind == .socket,
            let descriptor = try? FileDescriptor.streamSocket(for: address)
        else { return }
        do throws(SystemCallError) {
            _ = try descriptor.connect(to: address)
        } catch {
            if error.errno == .connectionRefused { remove() }
        }
    }

    /// Takes the socket away.
    public func remove() {
        if let path { unlink(path) }
    }
}
