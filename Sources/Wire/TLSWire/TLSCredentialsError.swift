// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

public import SystemIO
import Text

/// Why certificates or keys of ours cannot be used. The words are those of Go's `crypto/tls`, which scripts know.
public enum TLSCredentialsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// `call` is what failed: "open" or "read".
    case unreadable(path: String, call: String, Errno)
    /// A file of certificates to trust has none.
    case noRoots(path: String)
    case noCertificate
    case certificateInvalid
    case noKey
    case keyInvalid
    /// The key of this file wants a passphrase.
    case keyEncrypted(path: String)
    case keyTypeMismatch
    case keyMismatch
    /// The library refuses them; `text` is its own.
    case refused(text: String)

    /// For a person: one line.
    public var text: String {
        switch self {
        case .unreadable(let path, let call, let errno):
            "\(call) \(path): \(TLSCredentialsError.lowercased(errno.text))"
        case .noRoots(let path): "no root CA certs parsed from file \(path)"
        case .noCertificate: "tls: failed to find any PEM data in certificate input"
        case .certificateInvalid: "tls: failed to parse certificate"
        case .noKey: "tls: failed to find any PEM data in key input"
        case .keyInvalid: "tls: failed to parse private key"
        case .keyEncrypted(let path):
            "tls: failed to parse private key: \(path) is encrypted with a passphrase, and there is "
                + "no way to give one: decrypt it (openssl pkey -in FILE -out NEW)"
        case .keyTypeMismatch: "tls: private key type does not match public key type"
        case .keyMismatch: "tls: private key does not match public key"
        case .refused(let text): "tls: \(text)"
        }
    }

    /// The same, for `print` and logs.
    public var description: String { text }

    /// With a small first letter, as Go has the system's texts.
    private static func lowercased(_ text: String) -> String {
        var bytes = Array(text.utf8)
        if let first = bytes.first { bytes[0] = first.lowercased }
        return String(decoding: bytes, as: UTF8.self)
    }
}
