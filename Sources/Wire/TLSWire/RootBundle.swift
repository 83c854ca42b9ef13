// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import COpenSSL
import SystemIO
import Text

/// A PEM bundle of certificates to trust. Only those that a chain needs are parsed.
///
/// Parsing the 140 roots of a system takes 16 ms; finding their subjects takes a hundredth of it.
/// Immutable, so that any thread may search it.
final class RootBundle: Sendable {
    private struct Entry {
        let key: UInt64
        /// Where the base64 text stands.
        let body: Range<Int>
        /// With OpenSSL's own trust settings behind the certificate.
        let isTrusted: Bool
    }

    private let text: [UInt8]
    private let entries: [Entry]

    /// Longer than most certificates are up to their subjects.
    private static let head = 512

    /// Finds the certificates of a PEM text; a block that holds none is left out.
    init(pem text: [UInt8]) {
        self.text = text
        self.entries = text.withUnsafeBytes { RootBundle.index($0) }
    }

    var isEmpty: Bool { entries.isEmpty }

    private static func index(_ text: UnsafeRawBufferPointer) -> [Entry] {
        var entries: [Entry] = []
        var reader = PEMReader(text)
        let place = UnsafeMutableRawBufferPointer.allocate(byteCount: head, alignment: 1)
        defer { place.deallocate() }
        while let block = reader.next(
            labelled: "CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE")
        {
            let body = UnsafeRawBufferPointer(rebasing: text[block.body])
            let count = Base64.decodeBeginning(of: body, into: place)
            let bytes = UnsafeRawBufferPointer(rebasing: place[..<count])
            let key =
                NameKey.ofSubject(certificate: bytes)
                ?? Base64.decodeBeginning(body).withUnsafeBytes {
                    NameKey.ofSubject(certificate: $0)
                }
            guard let key else { continue }
            let isTrusted = text[block.label.lowerBound] == UInt8(ascii: "T")
            entries.append(Entry(key: key, body: block.body, isTrusted: isTrusted))
        }
        return entries
    }

    /// Adds every certificate whose subject may be `name` to the store; one of them that is.
    ///
    /// The caller does not own the result: the store does.
    func addCertificates(named name: OpaquePointer, to store: OpaquePointer) -> OpaquePointer? {
        var encoded: UnsafePointer<UInt8>?
        var length = 0
        guard X509_NAME_get0_der(name, &encoded, &length) == 1, let encoded,
            let key = NameKey.of(
                name: UnsafeRawBufferPointer(start: encoded, count: length), at: 0..<length)
        else { return nil }
        var found: OpaquePointer?
        for entry in entries where entry.key == key {
            guard let certificate = parse(entry) else { continue }
            let isAdded = X509_STORE_add_cert(store, certificate) == 1
            if isAdded, found == nil, X509_NAME_cmp(X509_get_subject_name(certificate), name) == 0 {
                found = certificate
            }
            X509_free(certificate)
        }
        return found
    }

    /// Parses and adds all of them; how many there were.
    func addAll(to store: OpaquePointer) -> Int {
        var count = 0
        for entry in entries {
            guard let certificate = parse(entry) else { continue }
            if X509_STORE_add_cert(store, certificate) == 1 { count += 1 }
            X509_free(certificate)
        }
        return count
    }

    /// Adds the first that can be parsed, and all others that may have its subject: of a subject that it has, the store asks for
    /// no more. False when none can be parsed.
    ///
    /// To parse the only root of a file again, when its chain comes, was a thirteenth of what a run of the probe costs with TLS.
    func addFirst(to store: OpaquePointer) -> Bool {
        var key: UInt64?
        for entry in entries where key == nil || entry.key == key {
            guard let certificate = parse(entry) else { continue }
            X509_STORE_add_cert(store, certificate)
            X509_free(certificate)
            key = entry.key
        }
        return key != nil
    }

    private func parse(_ entry: Entry) -> OpaquePointer? {
        let bytes = text.withUnsafeBytes {
            Base64.decodeBeginning(UnsafeRawBufferPointer(rebasing: $0[entry.body]))
        }
        let certificate = bytes.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return entry.isTrusted
                ? d2i_X509_AUX(nil, &position, buffer.count)
                : d2i_X509(nil, &position, buffer.count)
        }
        if certificate == nil { ERR_clear_error() }
        return certificate
    }
}

extension RootBundle {
    /// Lets `store` ask this bundle for what it does not have. The method belongs to the caller, and must outlive
    /// the store (C: `X509_LOOKUP_METHOD`).
    func attach(to store: OpaquePointer) -> OpaquePointer? {
        guard let method = X509_LOOKUP_meth_new("vitals bundle") else { return nil }
        X509_LOOKUP_meth_set_get_by_subject(method) { lookup, type, name, result in
            guard type == X509_LU_X509, let name, let store = X509_LOOKUP_get_store(lookup),
                let data = X509_LOOKUP_get_method_data(lookup)
            else { return 0 }
            let certificate = Unmanaged<RootBundle>.fromOpaque(data)._withUnsafeGuaranteedRef {
                $0.addCertificates(named: name, to: store)
            }
            guard let certificate, X509_OBJECT_set1_X509(result, certificate) == 1 else { return 0 }
            // The store takes a reference of its own from the result, and expects none there: as X509_LOOKUP_hash_dir
            // has it, the result is borrowed from the store.
            X509_free(certificate)
            return 1
        }
        X509_LOOKUP_meth_set_free(method) { lookup in
            guard let data = X509_LOOKUP_get_method_data(lookup) else { return }
            Unmanaged<RootBundle>.fromOpaque(data).release()
        }
        guard let lookup = X509_STORE_add_lookup(store, method) else {
            X509_LOOKUP_meth_free(method)
            return nil
        }
        X509_LOOKUP_set_method_data(lookup, Unmanaged.passRetained(self).toOpaque())
        return method
    }
}
