// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO
import TLSWire

extension ProbeOptions {
    /// What -tls and its relatives, or -spiffe, come to; nil with neither.
    func makeCredentials(until end: MonotonicTime) throws(CredentialsError) -> TLSContext? {
        if usesSPIFFE { return try makeWorkloadCredentials(until: end) }
        return usesTLS ? try makeTLSCredentials() : nil
    }

    private func makeWorkloadCredentials(
        until end: MonotonicTime
    ) throws(CredentialsError) -> TLSContext {
        let environment = getenv("SPIFFE_ENDPOINT_SOCKET").map { String(cString: $0) }
        var reason: String
        do throws(WorkloadError) {
            let api = WorkloadAPI(try WorkloadEndpoint(environment), userAgent: userAgent)
            let workload = try api.fetchIdentity(until: min(.now() + rpcTimeout, end))
            var configuration = TLSClientConfiguration()
            configuration.identity = workload.identity
            configuration.trust = .spiffe(
                SPIFFETrust(
                    bundles: workload.bundles,
                    expectedID: expectedSPIFFEID.isEmpty ? nil : expectedSPIFFEID))
            do throws(TLSCredentialsError) {
                return try TLSContext.client(configuration)
            } catch {
                reason = error.text
            }
        } catch {
            reason = error.reason
        }
        throw CredentialsError(verdict: .spiffeCredentialsFailed(reason: reason))
    }

    private func makeTLSCredentials() throws(CredentialsError) -> TLSContext {
        var configuration = TLSClientConfiguration()
        if !clientCertificate.isEmpty {
            configuration.identity = TLSIdentity(
                certificatePath: clientCertificate, keyPath: clientKey)
        }
        if skipsVerification {
            configuration.trust = .anything
        } else if !caCertificate.isEmpty {
            configuration.trust = .file(path: caCertificate)
        }
        do throws(TLSCredentialsError) {
            return try TLSContext.client(configuration)
        } catch {
            throw CredentialsError(verdict: .tlsCredentialsFailed(reason: reason(error)))
        }
    }

    private func reason(_ error: TLSCredentialsError) -> String {
        switch error {
        case .noRoots: return error.text
        case .unreadable(let path, _, _) where path == caCertificate && path != clientCertificate:
            return "failed to load root CA certificates from file (\(path)) error=\(error.text)"
        default: return "failed to load tls client cert/key pair. error=\(error.text)"
        }
    }
}

/// Why there are no credentials to connect with, as the verdict on the run.
struct CredentialsError: Error {
    let verdict: ProbeVerdict
}
