// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TLSWire

extension TLSSession {
    /// Reads plaintext until the buffer is full, or the peer has to send more.
    func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(TLSFailure) -> Reading {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let reading: Reading
            do throws(TLSFailure) {
                reading = try read(into: rest)
            } catch {
                // The plaintext before it is still good; the next read fails again.
                if filled > 0 { break }
                throw error
            }
            guard case .bytes(let count) = reading else {
                return filled > 0 ? .bytes(filled) : reading
            }
            filled += count
        }
        return .bytes(filled)
    }
}
