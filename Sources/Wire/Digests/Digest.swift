// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Text

/// Digests of OpenSSL that passwords are proved with.
package enum Digest {
    /// SHA-256 of some bytes.
    package static func sha256(_ bytes: [UInt8]) -> [UInt8] { digest(bytes, EVP_sha256()) }

    /// HMAC-SHA-256 of some bytes.
    package static func hmac(_ key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        HMAC(EVP_sha256(), key, CInt(key.count), bytes, bytes.count, &result, &count)
        return result
    }

    /// PBKDF2 with HMAC-SHA-256.
    package static func pbkdf2(_ password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 32)
        password.withUnsafeBytes { bytes in
            _ = PKCS5_PBKDF2_HMAC(
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(bytes.count), salt,
                CInt(salt.count), CInt(clamping: iterations), EVP_sha256(), CInt(result.count),
                &result)
        }
        return result
    }

    /// MD5 of some bytes, for old protocols that ask for it.
    package static func md5(_ bytes: [UInt8]) -> [UInt8] { digest(bytes, EVP_md5()) }

    /// Bytes in hexadecimal, in lower case.
    package static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String(hex: UInt32($0), digits: 2) }.joined()
    }

    private static func digest(_ bytes: [UInt8], _ kind: OpaquePointer?) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        EVP_Digest(bytes, bytes.count, &result, &count, kind, nil)
        return Array(result.prefix(Int(count)))
    }
}
