// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Settings
import TLSWire

extension RuntimeOptions {
    static var tlsSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "tls-cert", \.tlsCertificate, .path,
                "PEM file of the server's certificate chain; enables TLS"),
            .value("tls-key", \.tlsKey, .path, "PEM file of the certificate's key"),
            .value(
                "tls-client-ca", \.tlsClientCA, .path,
                "PEM file of the CAs that clients' certificates are of"),
            .value(
                "tls-client-auth", \.tlsClientAuthentication, .optional(.choice("mode")),
                "client certificates: none, request or require "
                    + "(default require with --tls-client-ca, else none)"),
        ]
    }

    /// What is wrong with the flags of TLS.
    var tlsProblems: [String] {
        var problems: [String] = []
        if tlsCertificate.isEmpty != tlsKey.isEmpty {
            problems.append("--tls-cert and --tls-key need each other")
        }
        if tlsCertificate.isEmpty, tlsKey.isEmpty {
            if !tlsClientCA.isEmpty {
                problems.append("--tls-client-ca needs --tls-cert and --tls-key")
            }
            if tlsClientAuthentication != nil {
                problems.append("--tls-client-auth needs --tls-cert and --tls-key")
            }
        }
        if let mode = tlsClientAuthentication, mode != .none, tlsClientCA.isEmpty {
            problems.append("--tls-client-auth \(mode.rawValue) needs --tls-client-ca")
        }
        return problems
    }

    /// Nil for plaintext.
    package var tlsConfiguration: TLSServerConfiguration? {
        if tlsCertificate.isEmpty { return nil }
        var configuration = TLSServerConfiguration(
            identity: TLSIdentity(certificatePath: tlsCertificate, keyPath: tlsKey))
        configuration.clientCA = tlsClientCA
        configuration.clientAuthentication =
            tlsClientAuthentication ?? (tlsClientCA.isEmpty ? .none : .require)
        return configuration
    }
}
