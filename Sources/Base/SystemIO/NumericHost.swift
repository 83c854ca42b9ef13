// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// Hosts that are written as addresses, not as names.
package enum NumericHost {
    /// The addresses to connect to for an address in its usual notation; nil when `host` is a name.
    ///
    /// An unspecified address (`::`, `0.0.0.0`) means this machine in both families: the kernel tries only one, and the
    /// server may listen at the other.
    package static func destinations(_ host: String, port: UInt16) -> [SocketAddress]? {
        guard let address = SocketAddress(numeric: host, port: port) else { return nil }
        guard address.isUnspecified else { return [address] }
        let loopback = address.family == AF_INET ? ["127.0.0.1", "::1"] : ["::1", "127.0.0.1"]
        return loopback.compactMap { SocketAddress(numeric: $0, port: port) }
    }

    /// The only address to connect to for an address in its usual notation; nil where there is none, or more.
    package static func destination(_ host: String, port: UInt16) -> SocketAddress? {
        guard let address = SocketAddress(numeric: host, port: port), !address.isUnspecified else {
            return nil
        }
        return address
    }

    /// All labels are numbers, but it is not an IPv4 address. Programs disagree about such texts: `010.0.0.1` is 8.0.0.1
    /// or 10.0.0.1 (RFC 6943, 3.1.1).
    package static func isMalformedIPv4(_ host: String) -> Bool {
        let dot = UInt8(ascii: ".")
        guard host.utf8.contains(dot), SocketAddress(numeric: host, port: 0) == nil else {
            return false
        }
        let labels = host.utf8.split(separator: dot, omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            !label.isEmpty
                && label.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        }
    }
}
