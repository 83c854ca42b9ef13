// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Text

/// What a certificate says, as text that can be printed.
enum CertificateText {
    /// Names in all, and bytes of each, that a certificate can make us print.
    private static let mostNames = 8
    private static let longestName = 100
    /// A SPIFFE ID has 2,048 bytes at most (SPIFFE-ID, 2.4); it is compared, not only printed.
    private static let longestIdentifier = 2048

    /// The subject or issuer: its common name, else its organisation.
    static func of(name: OpaquePointer?) -> String {
        for field in [NID_commonName, NID_organizationalUnitName, NID_organizationName] {
            let index = X509_NAME_get_index_by_NID(name, field, -1)
            guard index >= 0, let entry = X509_NAME_get_entry(name, index),
                let value = X509_NAME_ENTRY_get_data(entry)
            else { continue }
            return text(value)
        }
        return "unnamed"
    }

    /// The names that a certificate is for: DNS names, IP addresses and URIs.
    static func alternativeNames(_ certificate: OpaquePointer?) -> [String] {
        let names = names(certificate, ofKinds: [GEN_DNS, GEN_IPADD, GEN_URI])
        if names.count <= mostNames { return names }
        return names.prefix(mostNames) + ["\(names.count - mostNames) more"]
    }

    /// The DNS names among them, all of them.
    static func domainNames(_ certificate: OpaquePointer?) -> [String] {
        names(certificate, ofKinds: [GEN_DNS])
    }

    /// The URIs among them, all of them.
    static func uniformResourceIdentifiers(_ certificate: OpaquePointer?) -> [String] {
        names(certificate, ofKinds: [GEN_URI], limit: longestIdentifier)
    }

    private static func names(
        _ certificate: OpaquePointer?, ofKinds kinds: [CInt], limit: Int = longestName
    ) -> [String] {
        guard let names = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else {
            ERR_clear_error()
            return []
        }
        let stack = OpaquePointer(names)
        defer { GENERAL_NAMES_free(stack) }
        var texts: [String] = []
        for index in 0..<max(0, OPENSSL_sk_num(stack)) {
            guard let name = OPENSSL_sk_value(stack, index) else { continue }
            var kind: CInt = 0
            let value = GENERAL_NAME_get0_value(
                name.assumingMemoryBound(to: GENERAL_NAME.self), &kind)
            guard let value, kinds.contains(kind) else { continue }
            let string = UnsafePointer(value.assumingMemoryBound(to: ASN1_STRING.self))
            texts.append(kind == GEN_IPADD ? address(string) : text(string, limit: limit))
        }
        return texts
    }

    /// A moment, such as `2026-11-21 08:30:00 UTC`.
    static func of(_ time: UnsafePointer<ASN1_TIME>?) -> String {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return "an unreadable date" }
        func two(_ value: CInt) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) UTC"
    }

    private static func bytes(_ string: UnsafePointer<ASN1_STRING>) -> [UInt8] {
        guard let start = ASN1_STRING_get0_data(string) else { return [] }
        let count = max(0, Int(ASN1_STRING_length(string)))
        return [UInt8](UnsafeBufferPointer(start: start, count: count))
    }

    private static func text(
        _ string: UnsafePointer<ASN1_STRING>, limit: Int = longestName
    ) -> String {
        PrintableText.escaped(utf8: bytes(string), limit: limit)
    }

    private static func address(_ string: UnsafePointer<ASN1_STRING>) -> String {
        let bytes = bytes(string)
        if bytes.count != 4 && bytes.count != 16 { return "an unreadable address" }
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        let text = [CChar](unsafeUninitializedCapacity: Int(INET6_ADDRSTRLEN)) { place, count in
            count = Int(INET6_ADDRSTRLEN)
            place.initialize(repeating: 0)
            _ = bytes.withUnsafeBytes {
                inet_ntop(family, $0.baseAddress, place.baseAddress, socklen_t(INET6_ADDRSTRLEN))
            }
        }
        return text.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
    }
}
