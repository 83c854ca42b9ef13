// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

extension String {
    /// Bytes of unknown origin made fit for a log: printable ASCII as it is, the rest as `\xNN`, and after
    /// `limit` bytes an ellipsis.
    package init(printable bytes: some Collection<UInt8>, limit: Int = 64) {
        self = ""
        for byte in bytes.prefix(limit) {
            if byte.isPrintable {
                unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                self += "\\x" + String(hex: UInt32(byte), digits: 2)
            }
        }
        if bytes.count > limit { self += "..." }
    }
}
