// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

extension ServerConfiguration {
    /// Lowers what the server may hold so that all of it together fits into `memory` bytes with room for the process
    /// itself: a client cannot have it killed for want of memory. Limits that are low enough stay.
    public mutating func fit(into memory: Int) {
        maxHeldBytes = min(maxHeldBytes, memory / 4)
        maxRequestBytesPerConnection = min(maxRequestBytesPerConnection, maxHeldBytes)
        // Idle ones, half of them in TLS; measured, as are the others.
        maxConnections = Self.count(maxConnections, in: memory / 4, of: 40 << 10)
        maxHandshakes = Self.count(maxHandshakes, in: memory / 16, of: 46 << 10)
        maxStreamingCalls = Self.count(maxStreamingCalls, in: memory / 8, of: 6 << 10)
    }

    private static func count(_ limit: Int, in share: Int, of size: Int) -> Int {
        min(limit, max(1, share / size))
    }
}
