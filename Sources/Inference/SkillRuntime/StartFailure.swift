// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import OpenAIBackend
import SystemIO
import TLSWire
import Text

/// Why the process cannot go on, in one line.
package struct StartFailure: Error {
    package let text: String

    package init(_ text: String) { self.text = text }
}

/// What a start reads of what the settings name.
extension RuntimeOptions {
    /// The certificates that the options ask for; nil for plaintext.
    package func readCertificates() throws(StartFailure) -> ServerCertificates? {
        guard let configuration = tlsConfiguration else { return nil }
        do throws(TLSCredentialsError) {
            return try ServerCertificates(configuration)
        } catch {
            throw StartFailure("cannot use the certificates of \(flags(of: error)): \(error.text)")
        }
    }

    /// The settings that an error may be about.
    private func flags(of error: TLSCredentialsError) -> String {
        switch error {
        case .unreadable(tlsKey, _, _), .noKey, .keyInvalid: "--tls-key"
        case .unreadable(tlsCertificate, _, _), .noCertificate: "--tls-cert"
        case .unreadable(tlsClientCA, _, _), .noRoots: "--tls-client-ca"
        case .keyMismatch, .keyTypeMismatch: "--tls-cert and --tls-key"
        default: "--tls-cert, --tls-key or --tls-client-ca"
        }
    }

    /// The server that runs the model; nil when it runs here.
    package func readUpstream() throws(StartFailure) -> UpstreamAccess? {
        do throws(UpstreamAccess.Failure) {
            return try upstreamSettings.map { (settings) throws(UpstreamAccess.Failure) in
                try UpstreamAccess(settings)
            }
        } catch {
            throw StartFailure(error.text)
        }
    }

    /// Addresses to listen at; the first that can be had is meant.
    package func listenAddresses() throws(StartFailure) -> [SocketAddress] {
        if let addresses = ListenAddress.candidates(host: host, port: port) { return addresses }
        throw StartFailure(
            "--host \(PrintableText.quoted(host)) is no address of this machine: "
                + "use an IP address or a name")
    }
}
