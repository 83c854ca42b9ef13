// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// Standard output and standard error.
package enum StandardStream: CInt, Sendable {
    case output = 1
    case error = 2

    /// Writes `text`. Errors are ignored: the stream was closed by its reader.
    package func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var start = 0
            while start < bytes.count {
                let count = CLinux.write(rawValue, bytes.baseAddress! + start, bytes.count - start)
                if count <= 0 { return }
                start += count
            }
        }
    }

    /// Opens /dev/null in place of each closed standard stream. Otherwise the next file or connection would get its
    /// number, and receive the output.
    package static func fillClosed() {
        var status = stat()
        for number in 0...Self.error.rawValue where fstat(number, &status) != 0 {
            // The lowest free number: this one.
            _ = "/dev/null".withCString { clinux_open($0, O_RDWR, 0) }
        }
    }
}
