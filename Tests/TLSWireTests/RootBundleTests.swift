// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Foundation
import TestSupport
import Testing
import Text

@testable import TLSWire

@Suite("Lazy bundles of roots")
struct RootBundleTests {
    /// 150 roots; some of one name, and one in several pieces of white space and case.
    private static func roots() -> [TestCertificate] {
        (0..<150).map { index in
            switch index {
            case 140..<145: TestCertificate.authority("Root of one name")
            case 145: TestCertificate.authority("  Root   OF  spaces ")
            default: TestCertificate.authority("Root \(index) of the test, \u{fc}\(index)")
            }
        }
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// The verdict on a chain with a store that knows `pem`, read lazily or at once; 0 is good.
    private func verdict(
        _ leaf: TestCertificate, _ chain: [TestCertificate], _ pem: String, isLazy: Bool
    ) -> CInt {
        let store = X509_STORE_new()!
        let bundle = RootBundle(pem: bytes(pem))
        let method = isLazy && bundle.addFirst(to: store) ? bundle.attach(to: store) : nil
        if !isLazy {
            let source = BIO_new(BIO_s_mem())
            BIO_write(source, pem, CInt(pem.utf8.count))
            while let certificate = PEM_read_bio_X509(source, nil, nil, nil) {
                X509_STORE_add_cert(store, certificate)
                X509_free(certificate)
            }
            ERR_clear_error()
            BIO_free(source)
        }
        let untrusted = OPENSSL_sk_new_null()
        for one in chain { OPENSSL_sk_push(untrusted, UnsafeRawPointer(one.certificate)) }
        let context = X509_STORE_CTX_new()
        X509_STORE_CTX_init(context, store, leaf.certificate, untrusted)
        X509_verify_cert(context)
        defer {
            X509_STORE_CTX_free(context)
            OPENSSL_sk_free(untrusted)
            X509_STORE_free(store)
            X509_LOOKUP_meth_free(method)
        }
        return X509_STORE_CTX_get_error(context)
    }

    @Test("The verdicts are those of a store that has parsed everything")
    func sameVerdicts() {
        let roots = Self.roots()
        let pem = roots.map { "# a comment - with dashes -----\n" + $0.certificatePEM }.joined()
        let stranger = TestCertificate.authority("Root 3")
        let impostor = TestCertificate.authority("Root of one name")
        var order = TestCertificate.Order("Intermediate")
        order.isAuthority = true
        order.issuer = roots[7]
        let intermediate = TestCertificate(order)
        order.issuer = stranger
        order.key = intermediate.key
        let cross = TestCertificate(order)
        var cases: [(leaf: TestCertificate, chain: [TestCertificate])] = []
        for root in roots { cases.append((.leaf("DNS:a", by: root), [])) }
        let known = cases.count
        cases.append((.leaf("DNS:a", by: intermediate), [intermediate]))
        cases.append((.leaf("DNS:a", by: intermediate), [intermediate, cross]))
        let good = cases.count
        cases.append((.leaf("DNS:a", by: intermediate), [cross, intermediate]))
        cases.append((.leaf("DNS:a", by: intermediate), [cross]))
        cases.append((.leaf("DNS:a", by: stranger), []))
        cases.append((.leaf("DNS:a", by: stranger), [stranger]))
        cases.append((.leaf("DNS:a", by: impostor), []))
        cases.append((.leaf("DNS:a", by: nil), []))
        cases.append((.leaf("DNS:a", by: roots[1], from: -100, until: -50), []))
        cases.append((.leaf("DNS:a", by: roots[1], from: 100, until: 500), []))
        for (index, one) in cases.enumerated() {
            let lazy = verdict(one.leaf, one.chain, pem, isLazy: true)
            #expect(lazy == verdict(one.leaf, one.chain, pem, isLazy: false), "case \(index)")
            #expect((lazy == X509_V_OK) == (index < good), "case \(index) of \(known)")
        }
    }

    @Test("All roots that share their name with the first are found")
    func firstOfOneName() {
        let roots = (0..<3).map { _ in TestCertificate.authority("Root of one name") }
        let pem = roots.map(\.certificatePEM).joined()
        for root in roots {
            #expect(verdict(.leaf("DNS:a", by: root), [], pem, isLazy: true) == X509_V_OK)
        }
    }

    @Test("Names that OpenSSL holds to be the same have the same key")
    func nameKeys() throws {
        func name(_ text: String, _ kind: CInt) -> [UInt8] {
            let name = X509_NAME_new()
            defer { X509_NAME_free(name) }
            X509_NAME_add_entry_by_NID(name, NID_organizationName, kind, text, -1, -1, 0)
            var place: UnsafeMutablePointer<UInt8>?
            let count = i2d_X509_NAME(name, &place)
            defer { CRYPTO_free(place, "", 0) }
            return [UInt8](UnsafeBufferPointer(start: place, count: Int(count)))
        }
        func key(_ bytes: [UInt8]) -> UInt64? {
            bytes.withUnsafeBytes { NameKey.of(name: $0, at: 0..<$0.count) }
        }
        let plain = try #require(key(name("Some Name 1", V_ASN1_UTF8STRING)))
        #expect(key(name("some  NAME 1 ", V_ASN1_PRINTABLESTRING)) == plain)
        #expect(key(name("some  NAME 1 ", V_ASN1_IA5STRING)) == plain)
        let wide = "Some Name 1".utf8.flatMap { [UInt8(0), $0] }
        // Name, RDN, part, its OID (organizationName), BMPString
        var bmp: [UInt8] = [0x30, 0x21, 0x31, 0x1f, 0x30, 0x1d]
        bmp += [0x06, 0x03, 0x55, 0x04, 0x0a, 0x1e, 0x16]
        bmp += wide
        #expect(key(bmp) == plain)
        #expect(key(name("Some Name 2", V_ASN1_UTF8STRING)) != plain)
        for count in 0..<bmp.count {
            _ = key(Array(bmp.prefix(count)))  // never traps
        }
    }

    /// Some certificate of the text can be parsed.
    private func isUsable(_ text: [UInt8]) -> Bool {
        let store = X509_STORE_new()!
        defer { X509_STORE_free(store) }
        return RootBundle(pem: text).addFirst(to: store)
    }

    @Test("Bundles that are broken or mutated never trap, and good blocks in them are found")
    func mutations() {
        let good = TestCertificate.authority("Good")
        let pem = good.certificatePEM
        #expect(RootBundle(pem: []).isEmpty)
        #expect(RootBundle(pem: bytes("-----BEGIN CERTIFICATE-----")).isEmpty)
        #expect(RootBundle(pem: bytes(good.keyPEM)).isEmpty)
        let junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        #expect(!isUsable(bytes(junk)))
        #expect(isUsable(bytes(junk + pem + junk)))
        #expect(isUsable(bytes(pem.replacingOccurrences(of: "\n", with: "\r\n"))))
        var random = SplitMix64(seed: 5)
        for _ in 0..<3000 {
            var mutated = bytes(pem + pem)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<mutated.count, using: &random)
                mutated[place] = UInt8.random(in: 0...255, using: &random)
            }
            mutated.removeLast(Int.random(in: 0..<200, using: &random))
            _ = isUsable(mutated)
        }
        var certificate = good.certificatePEM.utf8.split(separator: 10).dropFirst().dropLast()
            .flatMap { Array($0) }.withUnsafeBytes { Base64.decodeBeginning($0) }
        for _ in 0..<20_000 {
            let place = Int.random(in: 0..<certificate.count, using: &random)
            let old = certificate[place]
            certificate[place] = UInt8.random(in: 0...255, using: &random)
            let cut = Int.random(in: 0...certificate.count, using: &random)
            _ = certificate.withUnsafeBytes {
                NameKey.ofSubject(certificate: UnsafeRawBufferPointer(rebasing: $0[..<cut]))
            }
            certificate[place] = old
        }
    }
}
