// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

extension Base64 {
    /// The text of what the gateway of etcd answers.
    static func decodeText(_ text: String) -> String {
        var padded = Array(text.utf8)
        while padded.last == UInt8(ascii: "=") { padded.removeLast() }
        let bytes = padded.withUnsafeBytes { decode($0) }
        return String(decoding: bytes ?? [], as: UTF8.self)
    }
}
