// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import TLSWire

extension RuntimeOptions {
    static var tlsFlags: [Flag<RuntimeOptions>] {
        [
            .string(
                "tls-cert", word: "path", "PEM file of the server's certificate chain; enables TLS"
            ) { $0.tlsCertificate = $1 },
            .string("tls-key", word: "path", "PEM file of the certificate's key") {
                $0.tlsKey = $1
            },
            .string(
                "tls-client-ca", word: "path",
                "PEM file of the CAs that clients' certificates are of"
            ) { $0.tlsClientCA = $1 },
            .value(
                "tls-client-auth", word: "mode",
                "client certificates: none, request or require "
                    + "(default require with --tls-client-ca, else none)",
                apply: { (options, text) throws(FlagValueError) in
                    guard let mode = TLSServerConfiguration.ClientAuthentication(rawValue: text)
                    else { throw FlagValueError("use none, request or require") }
                    options.tlsClientAuthentication = mode
                }),
        ]
    }

    /// What is wrong with the flags of TLS.
    var tlsProblem: String? {
        if tlsCertificate.isEmpty != tlsKey.isEmpty {
            return "--tls-cert and --tls-key need each other"
        }
        if tlsCertificate.isEmpty {
            if !tlsClientCA.isEmpty { return "--tls-client-ca needs --tls-cert and --tls-key" }
            if tlsClientAuthentication != nil {
                return "--tls-client-auth needs --tls-cert and --tls-key"
            }
        }
        let needsCA = tlsClientAuthentication == .require || tlsClientAuthentication == .request
        if needsCA, tlsClientCA.isEmpty {
            return "--tls-client-auth \(tlsClientAuthentication?.rawValue ?? "") "
                + "needs --tls-client-ca"
        }
        return nil
    }

    /// Nil for plaintext.
    public var tlsConfiguration: TLSServerConfiguration? {
        if tlsCertificate.isEmpty { return nil }
        var configuration = TLSServerConfiguration(
            identity: TLSIdentity(certificatePath: tlsCertificate, keyPath: tlsKey))
        configuration.clientCA = tlsClientCA
        configuration.clientAuthentication =
            tlsClientAuthentication ?? (tlsClientCA.isEmpty ? .none : .require)
        return configuration
    }
}
