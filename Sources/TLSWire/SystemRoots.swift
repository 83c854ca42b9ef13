// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// Where systems keep the certificates that they trust. A static binary's library knows one place only.
struct SystemRoots {
    /// The contents of a PEM file.
    var bundle: [UInt8]?
    /// Directories of one file per certificate, named by the subjects' hashes (`openssl rehash`).
    var directories: [String] = []

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
    private static let folders: [String] = ["/etc/ssl/certs", "/etc/pki/tls/certs"]

    /// What SSL_CERT_FILE and SSL_CERT_DIR name when one of them is set, else the first place that has some.
    static func find() -> SystemRoots {
        var roots = SystemRoots()
        let file = variable("SSL_CERT_FILE")
        let directory = variable("SSL_CERT_DIR")
        if file != nil || directory != nil {
            if let file { roots.bundle = read(file) }
            let names = (directory ?? "").utf8.split(separator: UInt8(ascii: ":"))
            roots.directories = names.map { String(Substring($0)) }
            return roots
        }
        for file in files {
            if let contents = read(file) {
                roots.bundle = contents
                return roots
            }
        }
        for folder in folders where (try? FileStatus.of(folder))?.kind == .directory {
            roots.directories = [folder]
            break
        }
        return roots
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

/// A file of certificates or keys.
enum CredentialFile {
    private static let limit = 16 << 20

    /// All of the file, in one read.
    static func read(_ path: String) throws(TLSCredentialsError) -> [UInt8] {
        let descriptor: FileDescriptor
        do throws(SystemCallError) {
            descriptor = try FileDescriptor.open(path)
        } catch {
            throw .unreadable(path: path, call: "open", error.errno)
        }
        do throws(SystemCallError) {
            let size = try descriptor.status().size
            guard size > 0, size < UInt64(limit) else {
                return try descriptor.readAll(limit: limit)
            }
            return try read(descriptor, count: Int(size))
        } catch {
            throw .unreadable(path: path, call: "read", error.errno)
        }
    }

    private static func read(
        _ descriptor: borrowing FileDescriptor, count: Int
    ) throws(SystemCallError) -> [UInt8] {
        // Straight into the array: each page of a copy would be a page fault more.
        var failure: SystemCallError?
        let contents = [UInt8](unsafeUninitializedCapacity: count) { place, filled in
            do throws(SystemCallError) {
                while filled < count {
                    let rest = UnsafeMutableRawBufferPointer(
                        UnsafeMutableBufferPointer(rebasing: place[filled...]))
                    guard case .bytes(let more) = try descriptor.read(into: rest) else { break }
                    filled += more
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return contents
    }
}
