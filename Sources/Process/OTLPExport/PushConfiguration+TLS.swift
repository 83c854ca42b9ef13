// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TLSWire

extension PushConfiguration {
    /// Reads the files of certificates; nil for plaintext.
    func tlsContext() throws(TLSCredentialsError) -> TLSContext? {
        guard isSecure else { return nil }
        var tls = TLSClientConfiguration()
        if !caPath.isEmpty { tls.trust = .file(path: caPath) }
        tls.identity = identity
        return try .client(tls)
    }

    /// What is wrong with these files now; nil for nothing.
    package var credentialsWarning: String? {
        do throws(TLSCredentialsError) {
            _ = try tlsContext()
            return nil
        } catch {
            let failure = PushFailure(error)
            return "metrics would not be pushed: \(failure.text): \(failure.hint ?? "")"
        }
    }
}
