// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import DiscoverySettings
import EventLoops
package import OpenAIBackend
package import Settings
package import SystemIO
import TLSWire
import Text

/// Why the process cannot start.
package struct StartFailure: Error {
    /// What is wrong, and the settings that it is about.
    package let problem: SettingProblem

    /// A failure that is about these settings, if about any.
    package init(_ text: String, about settings: String...) {
        problem = SettingProblem(text, about: settings)
    }

    init(_ problem: SettingProblem) { self.problem = problem }
}

/// What a start reads of the files and names in the settings.
extension RuntimeOptions {
    /// The certificates that the options ask for; nil for plaintext.
    package func readCertificates() throws(StartFailure) -> ServerCertificates? {
        guard let configuration = tls.configuration else { return nil }
        do throws(TLSCredentialsError) {
            return try ServerCertificates(configuration)
        } catch {
            let settings = tls.settings(of: error)
            let flags =
                settings.count > 2
                ? "--tls-cert, --tls-key or --tls-client-ca"
                : settings.map { "--" + $0 }.joined(separator: " and ")
            throw StartFailure(
                SettingProblem(
                    "cannot use the certificates of \(flags): \(error.text)", about: settings))
        }
    }

    /// The server that runs the model; nil when it runs here.
    package func readUpstream() throws(StartFailure) -> UpstreamAccess? {
        guard let settings = backend.upstreamSettings(skill: models.skill) else { return nil }
        do throws(UpstreamAccess.Failure) {
            return try UpstreamAccess(settings)
        } catch {
            throw StartFailure(error.problem)
        }
    }

    /// What others have to show to register in the registry that is served; nil for none.
    package func readRegistryToken() throws(StartFailure) -> String? {
        do throws(ServedRegistryError) {
            return try registration.served.readToken()
        } catch {
            throw StartFailure(error.text, about: "registry-token-file")
        }
    }

    /// Addresses to listen on; the first one that works is meant.
    package func listenAddresses() throws(StartFailure) -> [SocketAddress] {
        let (host, port) = (network.host, network.port)
        if let addresses = ListenAddress.candidates(host: host, port: port) { return addresses }
        throw StartFailure(
            "--host \(PrintableText.quoted(host)) is no address of this machine: "
                + "use an IP address or a name", about: "host")
    }
}

extension TLSOptions {
    /// The settings that an error may be about.
    fileprivate func settings(of error: TLSCredentialsError) -> [String] {
        switch error {
        case .unreadable(key, _, _), .noKey, .keyInvalid: ["tls-key"]
        case .unreadable(certificate, _, _), .noCertificate: ["tls-cert"]
        case .unreadable(clientCA, _, _), .noRoots: ["tls-client-ca"]
        case .keyMismatch, .keyTypeMismatch: ["tls-cert", "tls-key"]
        default: ["tls-cert", "tls-key", "tls-client-ca"]
        }
    }
}
