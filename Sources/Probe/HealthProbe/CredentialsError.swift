// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Why there are no credentials to connect with.
enum CredentialsError: Error, Equatable {
    /// Certificates or keys of the command line cannot be used.
    case tls(reason: String)
    /// The SPIFFE agent gave no identity that can be used.
    case spiffe(reason: String)
}

extension ProbeVerdict {
    /// The verdict on a run that ended before it could connect.
    init(_ error: CredentialsError) {
        switch error {
        case .tls(let reason): self = .tlsCredentialsFailed(reason: reason)
        case .spiffe(let reason): self = .spiffeCredentialsFailed(reason: reason)
        }
    }
}
