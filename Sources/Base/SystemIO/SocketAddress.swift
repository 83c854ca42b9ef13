// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CLinux

/// An address of a stream socket: IPv4, IPv6 or a Unix socket.
package struct SocketAddress: Sendable {
    var storage: sockaddr_storage
    var length: socklen_t

    init(storage: sockaddr_storage, length: socklen_t) {
        self.storage = storage
        self.length = length
    }

    /// AF_INET, AF_INET6 or AF_UNIX.
    package var family: CInt { CInt(storage.ss_family) }

    package var isTCP: Bool { family == AF_INET || family == AF_INET6 }

    /// An IPv4 or IPv6 address in its usual notation, without brackets; nil when `text` is neither
    /// (C: `inet_pton`). An IPv6 address may have a zone, the name or the number of an interface (RFC 4007, 11).
    package init?(numeric text: String, port: UInt16) {
        var storage = sockaddr_storage()
        var v4 = in_addr()
        var v6 = in6_addr()
        guard let (text, zone) = Self.withoutZone(text) else { return nil }
        if zone == 0, text.withCString({ inet_pton(AF_INET, $0, &v4) }) == 1 {
            let address = sockaddr_in(
                sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian, sin_addr: v4,
                sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
            withUnsafeMutableBytes(of: &storage) {
                $0.storeBytes(of: address, as: sockaddr_in.self)
            }
            self.init(storage: storage, length: socklen_t(MemoryLayout<sockaddr_in>.size))
        } else if text.withCString({ inet_pton(AF_INET6, $0, &v6) }) == 1 {
            let address = sockaddr_in6(
                sin6_family: sa_family_t(AF_INET6), sin6_port: port.bigEndian, sin6_flowinfo: 0,
                sin6_addr: v6, sin6_scope_id: zone)
            withUnsafeMutableBytes(of: &storage) {
                $0.storeBytes(of: address, as: sockaddr_in6.self)
            }
            self.init(storage: storage, length: socklen_t(MemoryLayout<sockaddr_in6>.size))
        } else {
            return nil
        }
    }

    /// The address, and the number of its zone, or 0 when it has none; nil when this machine has no such zone.
    private static func withoutZone(_ text: String) -> (address: String, zone: UInt32)? {
        guard let percent = text.utf8.firstIndex(of: UInt8(ascii: "%")) else { return (text, 0) }
        let name = String(Substring(text.utf8[percent...].dropFirst()))
        let zone = UInt32(name) ?? name.withCString { clinux_interface_number($0) }
        return zone == 0 ? nil : (String(Substring(text.utf8[..<percent])), zone)
    }

    /// A Unix socket. A leading `@` names one in the abstract namespace. Nil when the path is empty or longer
    /// than the kernel's 107 bytes.
    package init?(unixPath path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = [UInt8](path.utf8)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard !bytes.isEmpty, bytes.count < capacity, !bytes.contains(0) else { return nil }
        let isAbstract = bytes[0] == UInt8(ascii: "@")
        withUnsafeMutableBytes(of: &address.sun_path) { place in
            for (index, byte) in bytes.enumerated() { place[index] = byte }
            if isAbstract { place[0] = 0 }
        }
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: address, as: sockaddr_un.self) }
        let header = MemoryLayout<sockaddr_un>.size - capacity
        // An abstract name has no terminator: its length is what the kernel compares.
        let length = header + bytes.count + (isAbstract ? 0 : 1)
        self.init(storage: storage, length: socklen_t(length))
    }

    /// The TCP port in host order, or nil for a Unix socket.
    package var port: UInt16? {
        guard isTCP else { return nil }
        // sin_port and sin6_port stand at the same place.
        return withUnsafeBytes(of: storage) {
            UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
    }

    /// The IP address, 4 bytes or 16; an IPv4 address in the form of IPv6 is IPv4. Nil for a Unix socket.
    package var hostBytes: [UInt8]? {
        guard isTCP else { return nil }
        let bytes = withUnsafeBytes(of: storage) {
            Array(family == AF_INET ? $0[4..<8] : $0[8..<24])
        }
        let isMapped =
            bytes.count == 16 && bytes[..<12] == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        return isMapped ? Array(bytes[12...]) : bytes
    }

    /// Calls `body` with what the socket calls of C take.
    package func withSocketAddress<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// In the usual notation: `127.0.0.1:80`, `[::1]:80`, `unix:/run/x`.
    package var text: String {
        if isTCP {
            let host = numericHost
            let port = port ?? 0
            return family == AF_INET6 ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
        let header = MemoryLayout<sa_family_t>.size
        let path = withUnsafeBytes(of: storage) { Array($0[header..<max(header, Int(length))]) }
        if path.first == 0 { return "unix:@" + String(decoding: path.dropFirst(), as: UTF8.self) }
        return "unix:" + String(decoding: path.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// A loopback address: 127.0.0.0/8 or ::1.
    package var isLoopback: Bool {
        guard isTCP else { return false }
        return withUnsafeBytes(of: storage) { bytes in
            if family == AF_INET { return bytes[4] == 127 }
            return bytes[8..<23].allSatisfy { $0 == 0 } && bytes[23] == 1
        }
    }

    /// `0.0.0.0` or `::`.
    package var isUnspecified: Bool {
        guard isTCP else { return false }
        return withUnsafeBytes(of: storage) { bytes in
            (family == AF_INET ? bytes[4..<8] : bytes[8..<24]).allSatisfy { $0 == 0 }
        }
    }

    /// The kernel has a route to it (C: `connect` of a datagram socket, which sends nothing).
    var hasRoute: Bool {
        let kind = CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let raw = socket(family, kind, 0)
        if raw < 0 { return false }
        let descriptor = FileDescriptor(owning: raw)
        return withSocketAddress { connect(descriptor.rawValue, $0, $1) } == 0
    }

    /// Both have the same IP address; ports are ignored.
    package func isSameHost(as other: SocketAddress) -> Bool {
        isTCP && family == other.family && numericHost == other.numericHost
    }

    /// The IP address alone: `127.0.0.1`, `::1`. Only of an address of TCP.
    package var numericHost: String {
        let offset = family == AF_INET6 ? 8 : 4  // of sin6_addr and sin_addr
        return withUnsafeBytes(of: storage) { bytes in
            let text = [CChar](unsafeUninitializedCapacity: Int(INET6_ADDRSTRLEN)) { place, count in
                count = Int(INET6_ADDRSTRLEN)
                place.initialize(repeating: 0)
                inet_ntop(
                    family, bytes.baseAddress! + offset, place.baseAddress,
                    socklen_t(INET6_ADDRSTRLEN))
            }
            return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) } + zoneText
        }
    }

    /// The zone of an IPv6 address by its name, with the `%` before it; empty when it has none.
    private var zoneText: String {
        guard family == AF_INET6 else { return "" }
        let zone = withUnsafeBytes(of: storage) {
            $0.loadUnaligned(fromByteOffset: 24, as: UInt32.self)  // of sin6_scope_id
        }
        if zone == 0 { return "" }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IFNAMSIZ)) { name in
            clinux_interface_name(zone, name.baseAddress!) == 0
                ? "%" + String(cString: name.baseAddress!) : "%\(zone)"
        }
    }
}
