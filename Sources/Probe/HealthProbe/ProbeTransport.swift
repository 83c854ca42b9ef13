// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How the connection is protected: plaintext, TLS, SPIFFE or ALTS.
package struct ProbeTransport: Equatable, Sendable {
    /// The connection uses TLS.
    package var usesTLS = false
    /// Takes any certificate of the server.
    package var skipsVerification = false
    /// A PEM file of the roots to trust in place of the system's; empty for those.
    package var caCertificate = ""
    /// A PEM file of the probe's own certificate; empty for none.
    package var clientCertificate = ""
    /// The key of ``clientCertificate``.
    package var clientKey = ""
    /// The name to verify and to send as SNI; empty for the address's.
    package var serverName = ""
    /// Google's ALTS, which this probe does not have.
    package var usesALTS = false
    /// Mutual TLS with an identity of the SPIFFE Workload API.
    package var usesSPIFFE = false
    /// The only SPIFFE ID that the server may have; empty for any of a trusted domain.
    package var expectedSPIFFEID = ""

    /// Plaintext.
    package init() {}
}
