// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// Hosts that are written as addresses, and are no names.
public enum NumericHost {
    /// What a connection to an address in its usual notation may go to; nil when `host` is no such address.
    ///
    /// An unspecified address (`::`, `0.0.0.0`) is this machine's, by either family: the kernel tries only its own, and
    /// a server that says that it listens there may listen at the other.
    public static func destinations(_ host: String, port: UInt16) -> [SocketAddress]? {
        guard let address = SocketAddress(numeric: host, port: port) else { return nil }
        guard address.isUnspecified else { return [address] }
        let loopback = address.family == AF_INET ? ["127.0.0.1", "::1"] : ["::1", "127.0.0.1"]
        return loopback.compactMap { SocketAddress(numeric: $0, port: port) }
    }

    /// All labels are numbers, as in no name, but it is no IPv4 address. Some programs take such a text for another
    /// address than others do, `010.0.0.1` for 8.0.0.1 or 10.0.0.1 (RFC 6943, 3.1.1).
    public static func isMalformedIPv4(_ host: String) -> Bool {
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.count > 1, SocketAddress(numeric: host, port: 0) == nil else { return false }
        return labels.allSatisfy { label in
            !label.isEmpty
                && label.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        }
    }
}
