// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// Sockets: always non-blocking, closed on exec, and without Nagle's delay on TCP.
extension FileDescriptor {
    /// A stream socket for an address of this kind (C: `socket`).
    package static func streamSocket(
        for address: SocketAddress
    ) throws(SystemCallError) -> FileDescriptor {
        let kind =
            CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
            | CInt(SOCK_CLOEXEC.rawValue)
        let raw = try systemCall("socket") { Int(socket(address.family, kind, 0)) }
        let descriptor = FileDescriptor(owning: CInt(raw))
        if address.isTCP { descriptor.setNoDelay() }
        return descriptor
    }

    /// A datagram socket that can send to an address of this kind (C: `socket`).
    package static func datagramSocket(
        for address: SocketAddress
    ) throws(SystemCallError) -> FileDescriptor {
        let kind =
            CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let raw = try systemCall("socket") { Int(socket(address.family, kind, 0)) }
        return FileDescriptor(owning: CInt(raw))
    }

    /// A socket that accepts connections at `address`. With `sharedPort` several sockets may listen at one
    /// port and the kernel spreads connections over them (SO_REUSEPORT). A Unix socket has mode 600.
    package static func listener(
        at address: SocketAddress, backlog: CInt = 4096, sharedPort: Bool = false
    ) throws(SystemCallError) -> FileDescriptor {
        let descriptor = try bound(to: address, sharedPort: sharedPort)
        _ = try systemCall("listen") { Int(listen(descriptor.rawValue, backlog)) }
        return descriptor
    }

    /// Throws if a socket listens at `address` already, even one that would share the port.
    package static func checkUnused(_ address: SocketAddress) throws(SystemCallError) {
        _ = try bound(to: address, sharedPort: false)
    }

    private static func bound(
        to address: SocketAddress, sharedPort: Bool
    ) throws(SystemCallError) -> FileDescriptor {
        let descriptor = try streamSocket(for: address)
        if address.isTCP {
            // Connections of an earlier server in TIME_WAIT must not make this fail.
            descriptor.setOption(SOL_SOCKET, SO_REUSEADDR, 1)
            if sharedPort { descriptor.setOption(SOL_SOCKET, SO_REUSEPORT, 1) }
            // [::] serves both families, as users of every other server expect.
            if address.family == AF_INET6 {
                descriptor.setOption(CInt(IPPROTO_IPV6), IPV6_V6ONLY, 0)
            }
        }
        let raw = descriptor.rawValue
        // Before `bind`, so that other users can never connect; Linux applies the mode to the file.
        if !address.isTCP { _ = try systemCall("fchmod") { Int(fchmod(raw, 0o600)) } }
        _ = try systemCall("bind") { address.withSocketAddress { Int(bind(raw, $0, $1)) } }
        return descriptor
    }

    /// The result of a connection attempt.
    package enum Connecting: Equatable, Sendable {
        case connected
        /// Wait until the socket is writable, then ask ``pendingError()``.
        case inProgress
    }

    /// Starts to connect (C: `connect`).
    package func connect(to address: SocketAddress) throws(SystemCallError) -> Connecting {
        do throws(SystemCallError) {
            _ = try systemCall("connect") {
                address.withSocketAddress { Int(CLinux.connect(rawValue, $0, $1)) }
            }
            return .connected
        } catch {
            if error.errno == .inProgress { return .inProgress }
            throw error
        }
    }

    /// The error that an asynchronous operation left on the socket, if any (C: `SO_ERROR`).
    package func pendingError() -> Errno? {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        guard getsockopt(rawValue, SOL_SOCKET, SO_ERROR, &value, &length) == 0, value != 0 else {
            return nil
        }
        return Errno(rawValue: value)
    }

    /// The next waiting connection, and its peer's address, or nil when there is none (C: `accept4`).
    package func accept() throws(SystemCallError) -> (descriptor: CInt, peer: SocketAddress)? {
        let flags = CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        do throws(SystemCallError) {
            let raw = try systemCall("accept") {
                withUnsafeMutablePointer(to: &storage) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        Int(clinux_accept4(rawValue, $0, &length, flags))
                    }
                }
            }
            return (CInt(raw), SocketAddress(storage: storage, length: length))
        } catch {
            // The peer closed before we accepted: not an error.
            if error.errno == .wouldBlock || error.errno == .connectionAborted { return nil }
            throw error
        }
    }

    /// Receives available bytes (C: `recv`).
    package func receive(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemCallError) -> Transfer {
        try transfer("recv") { recv(rawValue, buffer.baseAddress, buffer.count, 0) }
    }

    /// Sends some of `buffer`, without a signal when the peer has gone (C: `send`).
    package func send(_ buffer: UnsafeRawBufferPointer) throws(SystemCallError) -> Transfer {
        try transfer("send") {
            CLinux.send(rawValue, buffer.baseAddress, buffer.count, CInt(MSG_NOSIGNAL))
        }
    }

    /// Sends a datagram (C: `sendto`).
    package func send(
        _ datagram: UnsafeRawBufferPointer, to address: SocketAddress
    ) throws(SystemCallError) -> Transfer {
        try transfer("sendto") {
            address.withSocketAddress { place, length in
                sendto(
                    rawValue, datagram.baseAddress, datagram.count, CInt(MSG_NOSIGNAL), place,
                    length)
            }
        }
    }

    /// Closes the sending side; receiving continues (C: `shutdown`).
    package func shutdownSending() { shutdown(rawValue, CInt(SHUT_WR)) }

    /// Bytes that were sent and not yet acknowledged by the peer's kernel; also 0 when they will never reach it
    /// (C: `SIOCOUTQ`).
    package var undelivered: Int { max(0, Int(clinux_unacknowledged(rawValue))) }

    /// The address a socket is bound to (C: `getsockname`).
    package func localAddress() throws(SystemCallError) -> SocketAddress {
        try address("getsockname", getsockname)
    }

    /// The address of the peer (C: `getpeername`).
    package func peerAddress() throws(SystemCallError) -> SocketAddress {
        try address("getpeername", getpeername)
    }

    /// Sends small segments at once (C: `TCP_NODELAY`).
    package func setNoDelay() { setOption(CInt(IPPROTO_TCP), TCP_NODELAY, 1) }

    /// Makes the kernel drop the SYN packets of new clients of this listener: they are neither accepted nor refused
    /// (C: `SO_ATTACH_FILTER`).
    package func dropNewcomers() { _ = clinux_drop_newcomers(rawValue) }

    // These options are hints: the socket works without them.
    private func setOption(_ level: CInt, _ name: CInt, _ value: CInt) {
        var value = value
        setsockopt(rawValue, level, name, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    private func address(
        _ name: StaticString,
        _ body: (CInt, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?) -> CInt
    ) throws(SystemCallError) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body(rawValue, $0, &length) }
        }
        if result != 0 { throw SystemCallError(name, Errno.current) }
        return SocketAddress(storage: storage, length: length)
    }
}
