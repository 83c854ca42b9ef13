// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import TLSWire
import Text

/// Why options do not go together: the caller's fault, ``ProbeExitCode/invalidArguments``.
package enum ProbeOptionsError: Error, Equatable, Sendable {
    case addressMissing
    case timeoutNotPositive(flag: String, Duration)
    case altsWithSPIFFE
    case tlsWithALTS
    case tlsWithSPIFFE
    /// `flag` only means something together with `needed`.
    case incomplete(flag: String, needed: String)
    /// `flag` would mean nothing, because nothing is verified; `thing` is what it gives.
    case unusedWithoutVerification(flag: String, thing: String)
    /// Each asks another question; `flag` and `other` were both given.
    case questionsConflict(flag: String, other: String)
    /// It is none: `spiffe://DOMAIN/PATH`.
    case notSPIFFEID(String)

    /// For a person: one line, without an end of line.
    package var text: String {
        switch self {
        case .addressMissing:
            "error: -addr not specified"
        case .timeoutNotPositive(let flag, let timeout):
            "error: \(flag) must be greater than zero (specified: \(timeout.goText))"
        case .altsWithSPIFFE:
            "error: -alts and -spiffe are mutually incompatible"
        case .tlsWithALTS:
            "error: cannot specify -tls with -alts"
        case .tlsWithSPIFFE:
            // Without `error:`, as it has always been.
            "-tls and -spiffe are mutually incompatible"
        case .incomplete(let flag, let needed):
            "error: specified \(flag) without specifying \(needed)"
        case .unusedWithoutVerification(let flag, let thing):
            "error: cannot specify \(flag) with -tls-no-verify (\(thing) would not be used)"
        case .questionsConflict(let flag, let other):
            "error: cannot specify \(flag) with \(other)"
        case .notSPIFFEID(let text):
            "error: -expected-spiffe-id \(PrintableText.quoted(text)) is no SPIFFE ID: "
                + "use spiffe://DOMAIN/PATH"
        }
    }
}

extension ProbeOptions {
    /// Checks that the options go together; the order decides which of several errors is reported.
    package func validate() throws(ProbeOptionsError) {
        if address.isEmpty { throw .addressMissing }
        if let timeout, timeout <= .zero { throw .timeoutNotPositive(flag: "-timeout", timeout) }
        if connectTimeout <= .zero {
            throw .timeoutNotPositive(flag: "-connect-timeout", connectTimeout)
        }
        if rpcTimeout <= .zero { throw .timeoutNotPositive(flag: "-rpc-timeout", rpcTimeout) }
        if transport.usesALTS && transport.usesSPIFFE { throw .altsWithSPIFFE }
        if transport.usesTLS && transport.usesALTS { throw .tlsWithALTS }
        try validateTLS()
        if transport.usesTLS && transport.usesSPIFFE { throw .tlsWithSPIFFE }
        try validateQuestion()
        try validateSPIFFE()
    }

    private func validateTLS() throws(ProbeOptionsError) {
        let needTLS: [(flag: String, isGiven: Bool)] = [
            ("-tls-no-verify", transport.skipsVerification),
            ("-tls-ca-cert", !transport.caCertificate.isEmpty),
            ("-tls-client-cert", !transport.clientCertificate.isEmpty),
            ("-tls-server-name", !transport.serverName.isEmpty),
        ]
        if !transport.usesTLS, let first = needTLS.first(where: { $0.isGiven }) {
            throw .incomplete(flag: first.flag, needed: "-tls")
        }
        if !transport.clientCertificate.isEmpty && transport.clientKey.isEmpty {
            throw .incomplete(flag: "-tls-client-cert", needed: "-tls-client-key")
        }
        if transport.clientCertificate.isEmpty && !transport.clientKey.isEmpty {
            throw .incomplete(flag: "-tls-client-key", needed: "-tls-client-cert")
        }
        if transport.skipsVerification && !transport.caCertificate.isEmpty {
            throw .unusedWithoutVerification(flag: "-tls-ca-cert", thing: "CA cert")
        }
        if transport.skipsVerification && !transport.serverName.isEmpty {
            throw .unusedWithoutVerification(flag: "-tls-server-name", thing: "server name")
        }
    }

    private func validateQuestion() throws(ProbeOptionsError) {
        let questions: [(flag: String, isGiven: Bool)] = [
            ("-list", listsServices), ("-watch", watchesService),
            ("-services", !services.isEmpty),
        ]
        let given = questions.filter { $0.isGiven }
        if given.count > 1 {
            throw .questionsConflict(flag: given[0].flag, other: given[1].flag)
        }
        if !service.isEmpty, let first = given.first, first.flag != "-watch" {
            throw .questionsConflict(flag: "-service", other: first.flag)
        }
    }

    private func validateSPIFFE() throws(ProbeOptionsError) {
        if transport.expectedSPIFFEID.isEmpty { return }
        if !transport.usesSPIFFE {
            throw .incomplete(flag: "-expected-spiffe-id", needed: "-spiffe")
        }
        if SPIFFETrust.trustDomain(of: transport.expectedSPIFFEID) == nil {
            throw .notSPIFFEID(transport.expectedSPIFFEID)
        }
    }
}
