// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// An OpenAI-compatible server, and how to deal with it.
struct UpstreamConfiguration: Sendable {
    var url: UpstreamURL
    /// The model's name there.
    var model: String
    /// Goes into the field Authorization, and nowhere else; empty for none.
    var key = ""
    /// A PEM file of the CAs that the server's certificate is of; empty for the system's.
    var caPath = ""
    /// The path that tells how the server is; nil for `/health`, and `/v1/models` where there is none.
    var healthPath: String?
    /// From the name to the end of the TLS handshake.
    var connectTimeout = Duration.seconds(5)
    /// Bytes of one event.
    var eventLimit = 64 << 10
    var maxIdleConnections = 4
    var idleTimeout = Duration.seconds(30)

    init(url: UpstreamURL, model: String) {
        self.url = url
        self.model = model
    }
}
