// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import COpenSSL
import SystemIO

/// Where systems keep the certificates that they trust. A static binary's library knows one place only.
///
/// As in Go's crypto/x509: the first file that exists, and every file of the folders. SSL_CERT_FILE replaces the files,
/// SSL_CERT_DIR the folders.
enum SystemRoots {
    private static let files: [String] = [
        "/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Gentoo, Arch
        "/etc/pki/tls/certs/ca-bundle.crt",  // Fedora, RHEL
        "/etc/ssl/ca-bundle.pem",  // SUSE
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // RHEL
        "/etc/ssl/cert.pem",  // Alpine
        "/etc/pki/tls/cacert.pem",  // OpenELEC
        "/usr/share/ssl/certs/ca-bundle.crt",
        "/usr/local/share/certs/ca-root-nss.crt",
    ]
    private static let usualFolders: [String] = ["/etc/ssl/certs", "/etc/pki/tls/certs"]
    /// Of all files of the folders together.
    private static let mostFolderBytes = 16 << 20

    /// The contents of a PEM file.
    static var bundle: [UInt8]? {
        if let file = variable("SSL_CERT_FILE") { return read(file) }
        for file in files {
            if let contents = read(file) { return contents }
        }
        return nil
    }

    /// Folders in which every file may have certificates.
    static var folders: [String] {
        guard let value = variable("SSL_CERT_DIR") else { return usualFolders }
        return value.utf8.split(separator: UInt8(ascii: ":")).map { String(Substring($0)) }
    }

    /// All that the folders have, read now: some milliseconds for the 140 roots of a system.
    static func folderBundle() -> RootBundle {
        var text: [UInt8] = []
        for folder in folders {
            for name in FolderListing.names(in: folder) {
                let path = folder + "/" + name
                guard (try? FileStatus.of(path))?.kind == .regular, let contents = read(path),
                    text.count + contents.count < mostFolderBytes
                else { continue }
                text += contents
                text.append(UInt8(ascii: "\n"))
            }
        }
        return RootBundle(pem: text)
    }

    private static func variable(_ name: StaticString) -> String? {
        guard let value = getenv(name.utf8Start), value.pointee != 0 else { return nil }
        return String(cString: value)
    }

    private static func read(_ path: String) -> [UInt8]? {
        do throws(TLSCredentialsError) {
            return try CredentialFile.read(path)
        } catch {
            return nil
        }
    }
}

extension SystemRoots {
    /// Reads the folders when neither `store` nor the peer has the issuer of a certificate, and not before: the
    /// system's own file has the usual ones.
    static func searchFolders(for store: OpaquePointer) {
        X509_STORE_set_get_issuer(store) { issuer, chain, certificate in
            let found = X509_STORE_CTX_get1_issuer(issuer, chain, certificate)
            guard found == 0, let chain, let certificate,
                let store = X509_STORE_CTX_get0_store(chain),
                let name = X509_get_issuer_name(certificate)
            else { return found }
            let shown = X509_STORE_CTX_get0_untrusted(chain)
            var names = [name]
            for index in 0..<max(0, OPENSSL_sk_num(shown)) {
                let other = OpaquePointer(OPENSSL_sk_value(shown, index))
                guard let subject = X509_get_subject_name(other) else { continue }
                let isIssuer = X509_NAME_cmp(subject, name) == 0
                if isIssuer, X509_cmp(other, certificate) != 0 { return found }
                names.append(subject)
            }
            let bundle = SystemRoots.folderBundle()
            // Also what the peer shows may be trusted itself.
            for name in names { _ = bundle.addCertificates(named: name, to: store) }
            return X509_STORE_CTX_get1_issuer(issuer, chain, certificate)
        }
    }
}
