// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// The address at which other machines find this one.
enum OwnAddress {
    /// The address from which packets to other networks are sent, of IPv4 if there is one; nil when there is no such network. Sends
    /// nothing.
    static func find() -> String? {
        // Addresses for documentation (RFC 5737, RFC 3849), which no network uses.
        for text in ["192.0.2.1", "2001:db8::1"] {
            guard let remote = SocketAddress(numeric: text, port: 9),
                let socket = try? FileDescriptor.datagramSocket(for: remote),
                (try? socket.connect(to: remote)) != nil,
                let local = try? socket.localAddress(), !local.isLoopback, !local.isUnspecified
            else { continue }
            return local.numericHost
        }
        return nil
    }
}
