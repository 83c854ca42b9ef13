// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Settings
package import TLSWire

/// The certificates of the server, and what clients have to show.
package struct TLSOptions: Sendable {
    /// PEM file of the certificate chain; empty for plaintext.
    package var certificate = ""
    /// PEM file of the certificate's key.
    package var key = ""
    /// PEM file of the CAs that sign clients' certificates; empty for none.
    package var clientCA = ""
    /// What clients have to show; nil to have it follow from ``clientCA``.
    package var clientAuthentication: TLSServerConfiguration.ClientAuthentication?
    /// How long a client may resume a session; zero for never.
    package var ticketLifetime = Duration.seconds(4 * 3600)

    /// Nil for plaintext.
    var configuration: TLSServerConfiguration? {
        if certificate.isEmpty { return nil }
        var configuration = TLSServerConfiguration(
            identity: TLSIdentity(certificatePath: certificate, keyPath: key))
        configuration.clientCA = clientCA
        configuration.clientAuthentication =
            clientAuthentication ?? (clientCA.isEmpty ? .none : .require)
        configuration.ticketLifetime = ticketLifetime
        return configuration
    }

    var problems: [SettingProblem] {
        var problems: [SettingProblem] = []
        if certificate.isEmpty != key.isEmpty {
            problems.append(
                SettingProblem(
                    "--tls-cert and --tls-key need each other", about: "tls-cert", "tls-key"))
        }
        if certificate.isEmpty, key.isEmpty {
            let given = [
                ("tls-client-ca", !clientCA.isEmpty),
                ("tls-client-auth", clientAuthentication != nil),
            ]
            for (name, isGiven) in given where isGiven {
                problems.append(
                    SettingProblem(
                        "--\(name) needs --tls-cert and --tls-key", about: name, "tls-cert",
                        "tls-key"))
            }
        }
        if let mode = clientAuthentication, mode != .none, clientCA.isEmpty {
            problems.append(
                SettingProblem(
                    "--tls-client-auth \(mode.rawValue) needs --tls-client-ca",
                    about: "tls-client-auth", "tls-client-ca"))
        }
        if ticketLifetime > TLSServerConfiguration.longestTicketLifetime {
            problems.append(
                SettingProblem(
                    "--tls-ticket-lifetime is at most 168h (RFC 8446, 4.6.1)",
                    about: "tls-ticket-lifetime"))
        }
        return problems
    }
}

extension RuntimeOptions {
    static var tlsSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "tls-cert", \.tls.certificate, .path,
                "PEM file of the server's certificate chain; enables TLS"),
            .value("tls-key", \.tls.key, .path, "PEM file of the certificate's key"),
            .value(
                "tls-client-ca", \.tls.clientCA, .path,
                "PEM file of the CA bundle that verifies client certificates"),
            .value(
                "tls-client-auth", \.tls.clientAuthentication, .optional(.choice("mode")),
                "client certificates: none, request or require "
                    + "(default require with --tls-client-ca, else none)"),
            .value(
                "tls-ticket-lifetime", \.tls.ticketLifetime, .duration,
                "how long a client may resume a TLS session by a ticket, in whole seconds; 0 for never. The keys of tickets "
                    + "are replaced as often"),
        ]
    }
}
