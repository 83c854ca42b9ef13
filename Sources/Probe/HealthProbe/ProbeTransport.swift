// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How the connection is protected: plaintext, TLS, SPIFFE or ALTS.
public struct ProbeTransport: Equatable, Sendable {
    /// The connection uses TLS.
    public var usesTLS = false
    /// Takes any certificate of the server.
    public var skipsVerification = false
    /// A PEM file of the roots to trust in place of the system's; empty for those.
    public var caCertificate = ""
    /// A PEM file of the probe's own certificate; empty for none.
    public var clientCertificate = ""
    /// The key of ``clientCertificate``.
    public var clientKey = ""
    /// The name to verify and to send as SNI; empty for the address's.
    public var serverName = ""
    /// Google's ALTS, which this probe does not have.
    public var usesALTS = false
    /// Mutual TLS with an identity of the SPIFFE Workload API.
    public var usesSPIFFE = false
    /// The only SPIFFE ID that the server may have; empty for any of a trusted domain.
    public var expectedSPIFFEID = ""

    /// Plaintext.
    public init() {}
}
