// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

public import TLSWire

/// What all calls of a connection have in common.
public struct ClientConfiguration {
    /// What is sent as `:authority`; empty for the target's own.
    public var authority: String
    /// The `user-agent` header.
    public var userAgent = "vitals"
    /// Credentials and trust of TLS (`TLSContext`); nil for plaintext.
    public var tls: TLSContext?
    /// The name that the server's certificate has to be for; empty for the host of the target.
    public var serverName = ""

    /// Plaintext, or TLS with this context.
    public init(authority: String = "", tls: TLSContext? = nil) {
        self.authority = authority
        self.tls = tls
    }
}
