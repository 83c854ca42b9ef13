// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GRPCTransport

@Suite("The limits of a server")
struct CapacityLimitsTests {
    @Test("fit into the memory there is, with a quarter of it to spare", arguments: [16, 64, 1024])
    func fitting(_ mebibytes: Int) {
        var limits = CapacityLimits()
        limits.fit(into: mebibytes << 20)
        #expect(limits.maxHeldBytes == mebibytes << 18)
        #expect(limits.maxRequestBytesPerConnection <= limits.maxHeldBytes)
        let held =
            limits.maxHeldBytes + limits.maxConnections * (40 << 10)
            + limits.maxHandshakes * (46 << 10) + limits.maxStreamingCalls * (6 << 10)
        #expect(held <= mebibytes * 3 << 18)
        #expect(limits.maxHandshakes > 0 && limits.maxConnections > 0)
    }

    @Test("stay as they are where there is enough")
    func enough() {
        var limits = CapacityLimits()
        limits.fit(into: 64 << 30)
        #expect(limits.maxHeldBytes == 256 << 20)
        #expect(limits.maxConnections == 10_000)
        #expect(limits.maxHandshakes == 1000 && limits.maxStreamingCalls == 20_000)
    }
}
