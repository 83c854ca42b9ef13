// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import HTTP2Wire
import SystemIO
package import TLSWire

/// What a server tells its clients, and the limits on what they can make it spend.
///
/// The defaults are safe on the open internet; docs/limits.md has the reason for each.
package struct ServerConfiguration: Sendable {
    /// Told to each client at the start.
    package var settings = HTTP2Settings()
    /// Certificates and rules of TLS; nil for plaintext. ``GRPCServer/use(_:)`` replaces them.
    package var tls: TLSContext?
    /// How much clients may hold.
    package var capacity = CapacityLimits()
    /// How long clients may wait, or let us wait.
    package var timeouts = TimeoutLimits()
    /// How many frames without use clients may send.
    package var abuse = AbuseLimits()

    /// The defaults.
    package init() {}

    /// The part of one worker of `count`: the kernel spreads connections over them.
    func divided(by count: Int) -> ServerConfiguration {
        var part = self
        part.capacity.maxHandshakes = max(1, capacity.maxHandshakes / count)
        part.capacity.reservedConnections = (capacity.reservedConnections + count - 1) / count
        return part
    }
}
