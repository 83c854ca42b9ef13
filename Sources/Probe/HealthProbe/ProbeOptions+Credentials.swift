// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO
import TLSWire

extension ProbeOptions {
    /// What -tls and its relatives, or -spiffe, come to; nil with neither.
    func makeCredentials(until end: MonotonicTime) throws(CredentialsError) -> TLSContext? {
        if transport.usesSPIFFE { return try makeWorkloadCredentials(until: end) }
        return transport.usesTLS ? try makeTLSCredentials() : nil
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
                    expectedID: transport.expectedSPIFFEID.isEmpty
                        ? nil : transport.expectedSPIFFEID))
            do throws(TLSCredentialsError) {
                return try TLSContext.client(configuration)
            } catch {
                reason = error.text
            }
        } catch {
            reason = error.reason
        }
        throw .spiffe(reason: reason)
    }

    private func makeTLSCredentials() throws(CredentialsError) -> TLSContext {
        var configuration = TLSClientConfiguration()
        if !transport.clientCertificate.isEmpty {
            configuration.identity = TLSIdentity(
                certificatePath: transport.clientCertificate, keyPath: transport.clientKey)
        }
        if transport.skipsVerification {
            configuration.trust = .anything
        } else if !transport.caCertificate.isEmpty {
            configuration.trust = .file(path: transport.caCertificate)
        }
        do throws(TLSCredentialsError) {
            return try TLSContext.client(configuration)
        } catch {
            throw .tls(reason: reason(error))
        }
    }

    private func reason(_ error: TLSCredentialsError) -> String {
        switch error {
        case .noRoots: return error.text
        case .unreadable(let path, _, _)
        where path == transport.caCertificate && path != transport.clientCertificate:
            return "failed to load root CA certificates from file (\(path)) error=\(error.text)"
        default: return "failed to load tls client cert/key pair. error=\(error.text)"
        }
    }
}
