// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Whom a SPIFFE workload trusts: certificates for each trust domain, and maybe one peer alone.
public struct SPIFFETrust: Equatable, Sendable {
    /// The certificates of one trust domain.
    public struct Bundle: Equatable, Sendable {
        /// Such as `example.org`.
        public let trustDomain: String
        /// DER, one after the other.
        public let certificates: [UInt8]

        public init(trustDomain: String, certificates: [UInt8]) {
            self.trustDomain = trustDomain
            self.certificates = certificates
        }
    }

    /// One for each trust domain.
    public let bundles: [Bundle]
    /// The only ID to accept; nil for any ID of a trusted domain.
    public let expectedID: String?

    public init(bundles: [Bundle], expectedID: String?) {
        self.bundles = bundles
        self.expectedID = expectedID
    }

    /// The trust domain of `spiffe://DOMAIN/PATH`; nil when `id` is no SPIFFE ID (SPIFFE-ID, 2).
    public static func trustDomain(of id: String) -> String? {
        let scheme = "spiffe://"
        guard id.utf8.starts(with: scheme.utf8) else { return nil }
        let domain = id.utf8.dropFirst(scheme.utf8.count).prefix { $0 != UInt8(ascii: "/") }
        guard !domain.isEmpty, domain.count <= 255, domain.allSatisfy({ $0.isNameByte }) else {
            return nil
        }
        return String(Substring(domain))
    }
}
