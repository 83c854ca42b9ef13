// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Notices that a peak of connections, of streaming calls, or of bytes that are held for clients, has passed. Their memory is free then, but in small parts
/// between blocks that are still used, so that the allocator would keep it: 100 MB after 3,000 TLS handshakes.
struct PeakMeter {
    /// Fewer are no peak: their memory is not worth the time.
    static let smallest = 64
    /// So many bytes count as a connection: 4 MB are a peak.
    static let bytesOfOne = 64 << 10
    /// Since memory was given back.
    private var largest = 0
    /// In the present interval.
    private var recent = 0

    /// There are `count` now.
    mutating func note(_ count: Int) { recent = max(recent, count) }

    /// The memory of a peak is in use, or was not given back yet.
    var isHolding: Bool { max(largest, recent) >= Self.smallest }

    /// Ends an interval. True when there was no more than a quarter of the peak in all of it: then its memory is to be
    /// given back. A peak that comes again at once takes its memory again.
    mutating func endInterval(_ count: Int) -> Bool {
        defer { recent = count }
        largest = max(largest, recent)
        if largest < Self.smallest || recent > largest / 4 { return false }
        largest = recent
        return true
    }
}
