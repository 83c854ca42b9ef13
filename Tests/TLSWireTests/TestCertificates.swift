// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Foundation

/// A key and a certificate made by the test run.
final class TestCertificate {
    let certificate: OpaquePointer
    let key: OpaquePointer

    /// What to make.
    struct Order {
        var name: String
        var alternatives: String?
        var isAuthority = false
        /// Seconds from now.
        var validFrom = -3600
        var validUntil = 3600
        /// Signs instead of an issuer of another name; self-signed without.
        var issuer: TestCertificate?
        /// The key to use; a new one without.
        var key: OpaquePointer?

        init(_ name: String) { self.name = name }
    }

    nonisolated(unsafe) private static var serial = 0
    private static let lock = NSLock()

    init(_ order: Order) {
        let certificate = X509_new()!
        let key = order.key ?? TestCertificate.makeKey()
        if order.key != nil { EVP_PKEY_up_ref(key) }
        X509_set_version(certificate, 2)
        let serial = TestCertificate.lock.withLock {
            TestCertificate.serial += 1
            return TestCertificate.serial
        }
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial)
        let subject = X509_get_subject_name(certificate)
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, order.name, -1, -1, 0)
        X509_gmtime_adj(X509_getm_notBefore(certificate), order.validFrom)
        X509_gmtime_adj(X509_getm_notAfter(certificate), order.validUntil)
        let issuer = order.issuer
        X509_set_issuer_name(
            certificate, issuer.map { X509_get_subject_name($0.certificate) } ?? subject)
        X509_set_pubkey(certificate, key)
        let constraint = order.isAuthority ? "critical,CA:TRUE" : "CA:FALSE"
        TestCertificate.extend(certificate, NID_basic_constraints, constraint)
        if let names = order.alternatives {
            TestCertificate.extend(certificate, NID_subject_alt_name, names)
        }
        // As real ones have them: by these a root is told from others of its name.
        TestCertificate.extend(certificate, NID_subject_key_identifier, "hash")
        TestCertificate.extend(
            certificate, NID_authority_key_identifier, "keyid", issuer?.certificate ?? certificate)
        X509_sign(certificate, issuer?.key ?? key, EVP_sha256())
        self.certificate = certificate
        self.key = key
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
    }

    static func authority(_ name: String) -> TestCertificate {
        var order = Order(name)
        order.isAuthority = true
        return TestCertificate(order)
    }

    static func leaf(
        _ alternatives: String?, by issuer: TestCertificate?, from: Int = -3600, until: Int = 3600
    ) -> TestCertificate {
        var order = Order("leaf")
        order.alternatives = alternatives
        order.issuer = issuer
        order.validFrom = from
        order.validUntil = until
        return TestCertificate(order)
    }

    static func makeKey() -> OpaquePointer {
        var key: OpaquePointer?
        let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil)
        EVP_PKEY_keygen_init(context)
        EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1)
        EVP_PKEY_keygen(context, &key)
        EVP_PKEY_CTX_free(context)
        return key!
    }

    private static func extend(
        _ certificate: OpaquePointer, _ kind: CInt, _ value: String, _ issuer: OpaquePointer? = nil
    ) {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer, certificate, nil, nil, 0)
        guard let part = X509V3_EXT_conf_nid(nil, &context, kind, value) else { return }
        X509_add_ext(certificate, part, -1)
        X509_EXTENSION_free(part)
    }

    var certificatePEM: String { text { PEM_write_bio_X509($0, certificate) } }
    var keyPEM: String { text { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) } }

    private func text(_ write: (OpaquePointer?) -> CInt) -> String {
        let place = BIO_new(BIO_s_mem())
        defer { BIO_free(place) }
        _ = write(place)
        var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(place))
        BIO_read(place, &bytes, CInt(bytes.count))
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A folder of PEM files that goes with the test.
final class TestFiles {
    private let folder = NSTemporaryDirectory() + "vitals-tls-" + UUID().uuidString

    init() throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func write(_ name: String, _ text: String) throws -> String {
        let path = folder + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }
}
