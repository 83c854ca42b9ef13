// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// An OpenAI-compatible server, and the limits of its use.
struct UpstreamConfiguration: Sendable {
    var url: UpstreamURL
    /// The model's name there.
    var model: String
    /// The API key, only for the field Authorization; empty for none.
    var key = ""
    /// A PEM file of the CAs that sign the server's certificate; empty for the system's.
    var caPath = ""
    /// The health path; nil for `/health`, or `/v1/models` where there is none.
    var healthPath: String?
    /// For resolving the name, connecting and the TLS handshake.
    var connectTimeout = Duration.seconds(5)
    /// Bytes of one event.
    var eventLimit = 64 << 10
    /// Of one loop; more are closed.
    static let maxIdleConnections = 4
    static let idleTimeout = Duration.seconds(30)

    init(url: UpstreamURL, model: String) {
        self.url = url
        self.model = model
    }
}
