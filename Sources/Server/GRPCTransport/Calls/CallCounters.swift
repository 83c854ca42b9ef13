// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire

/// What one loop has counted of one method.
struct CallCounters {
    var started = 0
    var messagesReceived = 0
    var messagesSent = 0
    /// By code; the last place is for every number that is no code of gRPC's.
    private(set) var ended = InlineArray<18, Int>(repeating: 0)

    @inline(__always)
    mutating func endWell() { ended[0] &+= 1 }

    mutating func end(_ code: StatusCode) {
        ended[min(Int(code.rawValue), 17)] &+= 1
    }
}
