// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

extension String {
    /// Bytes of unknown origin made fit for a log: printable ASCII as it is, the rest as `\xNN`, and after
    /// `limit` bytes an ellipsis.
    init(printable bytes: some Collection<UInt8>, limit: Int = 64) {
        self = ""
        for byte in bytes.prefix(limit) {
            if (0x20...0x7e).contains(byte) {
                unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                self += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        if bytes.count > limit { self += "..." }
    }
}
