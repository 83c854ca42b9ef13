// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GRPCTransport

@Suite("Provisional connections")
struct ProvisionalConnectionsTests {
    @Test("One more than there may be evicts the oldest, also when others have left")
    func oldest() {
        var provisional = ProvisionalConnections(limit: 3)
        for slot in [7, 3, 9] {
            #expect(provisional.nextToEvict == nil)
            provisional.add(slot)
        }
        #expect(provisional.nextToEvict == 7)
        provisional.remove(3)
        #expect(provisional.nextToEvict == nil)
        provisional.add(3)
        #expect(provisional.nextToEvict == 7)
        provisional.remove(7)
        provisional.add(1)
        #expect(provisional.nextToEvict == 9)
    }

    @Test("Where there may be none, none is evicted")
    func none() {
        #expect(ProvisionalConnections(limit: 0).nextToEvict == nil)
    }
}
