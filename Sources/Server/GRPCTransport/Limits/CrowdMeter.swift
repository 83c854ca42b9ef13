// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Notices that a crowd of connections, or of calls that last, has come and gone. Their memory is free then, but in pieces
/// between what is still used, so that the allocator would keep it for good: 100 MB after 3,000 TLS handshakes.
struct CrowdMeter {
    /// Fewer connections than this are no crowd: their memory is not worth the time.
    static let smallest = 64
    /// Since memory was given back.
    private var largest = 0
    /// Since the latest look.
    private var recent = 0

    /// One came, and there are `count` now.
    mutating func came(_ count: Int) { recent = max(recent, count) }

    /// A crowd is here, or was here and its memory still is.
    var isWaiting: Bool { max(largest, recent) >= Self.smallest }

    /// Looks again: true when, for a whole interval, no more than a quarter of the crowd was there. A crowd that comes
    /// again at once takes its memory again.
    mutating func look(_ count: Int) -> Bool {
        defer { recent = count }
        largest = max(largest, recent)
        if largest < Self.smallest || recent > largest / 4 { return false }
        largest = recent
        return true
    }
}
