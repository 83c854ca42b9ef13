// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire
import TLSWire

/// What a server holds and how long it waits; every value is a limit on what a peer can make us spend.
public struct ServerConfiguration: Sendable {
    /// Told to each client at the start.
    public var settings = HTTP2Settings()
    /// Bytes of unfinished requests that one connection may have us hold (RESOURCE_EXHAUSTED beyond).
    public var maxRequestBytesPerConnection = 16 << 20
    /// How long a graceful stop waits for a client's answer to the first GOAWAY.
    public var goAwayGrace = Duration.seconds(1)
    /// Certificates and rules of TLS; nil for plaintext. ``GRPCServer/use(_:)`` puts others in their place.
    public var tls: TLSContext?
    /// How long a client's TLS handshake may take.
    public var handshakeTimeout = Duration.seconds(10)

    /// The defaults.
    public init() {}
}
