// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

extension ConnectionError {
    /// What a server is whose first bytes are no HTTP/2; nil when they may be HTTP/2.
    init?(greeting bytes: UnsafeRawBufferPointer) {
        if bytes.count >= 2, bytes[0] == 0x15, bytes[1] == 0x03 {
            self = .needsTLS  // an alert
        } else if bytes.count >= 5, bytes.prefix(5).elementsEqual("HTTP/".utf8) {
            // What web servers say to plaintext on a port of TLS.
            let text = String(decoding: bytes.prefix(1024), as: UTF8.self)
            self = Self.contains(text, "HTTPS") ? .needsTLS : .http1
        } else if bytes.count >= 4, bytes[3] != 4 {
            // HTTP/2 begins with SETTINGS, frame type 4 (RFC 9113, 3.4).
            self = .notHTTP2(Array(bytes.prefix(32)))
        } else {
            return nil
        }
    }

    private static func contains(_ text: String, _ word: StaticString) -> Bool {
        let (text, count) = (Array(text.utf8), word.utf8CodeUnitCount)
        guard text.count >= count else { return false }
        return (0...text.count - count).contains { start in
            (0..<count).allSatisfy { text[start + $0] == word.utf8Start[$0] }
        }
    }
}
