// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import Settings

/// The upstream as the settings describe it; ``UpstreamAccess`` reads the files that they name.
package struct UpstreamSettings: Sendable {
    package var url: UpstreamURL
    /// The model's name there.
    package var model: String
    /// The API key.
    package var key = Secret.none
    /// A PEM file of the CAs that sign the server's certificate; empty for the system's.
    package var caPath = ""
    /// The health path; nil for the usual ones.
    package var healthPath: String?

    /// A server without an API key.
    package init(url: UpstreamURL, model: String) {
        self.url = url
        self.model = model
    }
}
