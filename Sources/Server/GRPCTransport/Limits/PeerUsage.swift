// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import SystemIO

/// What one peer holds on all loops; there while it has a connection.
final class PeerUsage: Sendable {
    let network: PeerAddress.Network
    private let connectionCount = Atomic<Int>(0)
    private let streamingCallCount = Atomic<Int>(0)

    init(_ network: PeerAddress.Network) { self.network = network }

    /// Changed only under the lock of the counters of all.
    var connections: Int {
        get { connectionCount.load(ordering: .relaxed) }
        set { connectionCount.store(newValue, ordering: .relaxed) }
    }

    var streamingCalls: Int { streamingCallCount.load(ordering: .relaxed) }

    func changeStreamingCalls(by change: Int) {
        streamingCallCount.add(change, ordering: .relaxed)
    }
}
