// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

extension PeerAddress.Network {
    /// Of a client that is a test.
    package static var test: PeerAddress.Network {
        PeerAddress(SocketAddress(numeric: "127.0.0.1", port: 1)!).network
    }
}
