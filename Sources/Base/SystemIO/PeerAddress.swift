// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The address of a peer, small enough to be kept with each connection. An IPv4 address that came in the form of IPv6
/// (`::ffff:192.0.2.1`) is IPv4 again.
package struct PeerAddress: Sendable {
    /// The unit that shares of a resource are given to: an IPv4 address; a /64 of IPv6, the least that one customer has;
    /// or all processes of this machine that use a Unix socket.
    package struct Network: Hashable, Sendable {
        fileprivate enum Kind: UInt8 { case local, ipv4, ipv6 }

        fileprivate let kind: Kind
        fileprivate let bits: UInt64
    }

    /// The network it belongs to.
    package let network: Network
    /// The lower half of an IPv6 address.
    private let interface: UInt64
    private let port: UInt16

    /// The compact form of a socket address.
    package init(_ address: SocketAddress) {
        port = address.port ?? 0
        // sin_addr stands behind family and port, sin6_addr behind sin6_flowinfo.
        let (first, high, low) = withUnsafeBytes(of: address.storage) { bytes in
            func word(_ index: Int) -> UInt64 {
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
            }
            return (word(0), word(1), word(2))
        }
        switch address.family {
        case AF_INET:
            network = Network(kind: .ipv4, bits: first & 0xffff_ffff)
            interface = 0
        case AF_INET6 where high == 0 && low >> 32 == 0xffff:
            network = Network(kind: .ipv4, bits: low & 0xffff_ffff)
            interface = 0
        case AF_INET6:
            network = Network(kind: .ipv6, bits: high)
            interface = low
        default:
            network = Network(kind: .local, bits: 0)
            interface = 0
        }
    }

    /// A peer on this machine: 127.0.0.0/8, ::1 or a Unix socket.
    package var isLocal: Bool {
        switch network.kind {
        case .local: true
        case .ipv4: network.bits >> 24 == 127
        case .ipv6: network.bits == 0 && interface == 1
        }
    }

    /// As ``SocketAddress/text``.
    package var text: String { socketAddress?.text ?? "unix:" }

    private var socketAddress: SocketAddress? {
        var storage = sockaddr_storage()
        let isIPv4 = network.kind == .ipv4
        if network.kind == .local { return nil }
        withUnsafeMutableBytes(of: &storage) {
            let family = sa_family_t(isIPv4 ? AF_INET : AF_INET6)
            $0.storeBytes(of: family, as: sa_family_t.self)
            $0.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
            if isIPv4 {
                let bits = UInt32(truncatingIfNeeded: network.bits).bigEndian
                $0.storeBytes(of: bits, toByteOffset: 4, as: UInt32.self)
            } else {
                $0.storeBytes(of: network.bits.bigEndian, toByteOffset: 8, as: UInt64.self)
                $0.storeBytes(of: interface.bigEndian, toByteOffset: 16, as: UInt64.self)
            }
        }
        let size = isIPv4 ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
        return SocketAddress(storage: storage, length: socklen_t(size))
    }
}
