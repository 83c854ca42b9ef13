// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// Where a program says things to whoever started it.
public enum StandardStream: CInt, Sendable {
    case output = 1
    case error = 2

    /// Writes `text` as it is. Whoever closed the stream does not want to hear that it cannot be written.
    public func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                CLinux.write(rawValue, $0.baseAddress, $0.count)
            }
            if count <= 0 { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Opens /dev/null in place of each of the three standard streams that is closed: the next file or connection
    /// would have its number, and be sent what is said there.
    public static func fillClosed() {
        var status = stat()
        for number in 0...Self.error.rawValue where fstat(number, &status) != 0 {
            // The lowest number that is free: this one.
            _ = "/dev/null".withCString { clinux_open($0, O_RDWR, 0) }
        }
    }
}
