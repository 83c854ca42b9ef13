// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What the clients of all loops together have us hold. Each count is bounded by the configuration.
public final class ServerCounters: Sendable {
    private let connectionCount = Atomic<Int>(0)
    private let streamingCallCount = Atomic<Int>(0)
    private let heldByteCount = Atomic<Int>(0)

    /// Connections that are open now.
    public var connections: Int { connectionCount.load(ordering: .relaxed) }
    /// Calls that stream their answer now.
    public var streamingCalls: Int { streamingCallCount.load(ordering: .relaxed) }
    /// Bytes of unfinished requests and of unread answers that are held now.
    public var heldBytes: Int { heldByteCount.load(ordering: .relaxed) }

    /// False, and nothing taken, when there are `limit` already.
    func addConnection(limit: Int) -> Bool { Self.add(1, to: connectionCount, limit: limit) }

    func removeConnection() { connectionCount.subtract(1, ordering: .relaxed) }

    /// False, and nothing taken, when there are `limit` already.
    func addStreamingCall(limit: Int) -> Bool { Self.add(1, to: streamingCallCount, limit: limit) }

    func removeStreamingCall() { streamingCallCount.subtract(1, ordering: .relaxed) }

    /// Notes that `change` bytes more (or less) are held.
    func changeHeldBytes(by change: Int) { heldByteCount.add(change, ordering: .relaxed) }

    private static func add(_ number: Int, to count: borrowing Atomic<Int>, limit: Int) -> Bool {
        if count.add(number, ordering: .relaxed).newValue <= limit { return true }
        count.subtract(number, ordering: .relaxed)
        return false
    }
}
