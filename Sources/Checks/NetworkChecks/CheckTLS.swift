// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
package import TLSWire

/// The options of TLS that all kinds have which use it: `ca`, `cert`, `key`, `server-name`, `insecure`.
package struct CheckTLS: Sendable {
    package let configuration: TLSClientConfiguration
    /// In place of the target's host; nil for that.
    package let serverName: String?

    /// Takes the options.
    package init(
        _ options: inout CheckOptions, _ applicationProtocol: TLSApplicationProtocol
    ) throws(CheckOptionError) {
        var configuration = TLSClientConfiguration()
        configuration.applicationProtocol = applicationProtocol
        if let path = try options.take("ca") { configuration.trust = .file(path: path) }
        if try options.takeFlag("insecure") { configuration.trust = .anything }
        let (certificate, key) = (try options.take("cert"), try options.take("key"))
        if let certificate, let key {
            configuration.identity = TLSIdentity(certificatePath: certificate, keyPath: key)
        } else if certificate != nil || key != nil {
            throw CheckOptionError(
                certificate == nil ? "key" : "cert",
                "is given without the other: cert and key belong together")
        }
        self.configuration = configuration
        serverName = try options.take("server-name")
    }

    /// Reads the files. Unless it `verifies`, any certificate will do.
    package func makeContext(verifies: Bool = true) throws(CheckOptionError) -> TLSContext {
        var configuration = configuration
        if !verifies { configuration.trust = .anything }
        do throws(TLSCredentialsError) {
            return try .client(configuration)
        } catch {
            throw CheckOptionError("TLS", "cannot be used: \(error.text)")
        }
    }
}
