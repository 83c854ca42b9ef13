// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GRPCTransport

@Suite("The limits of a server")
struct ServerConfigurationMemoryTests {
    @Test("fit into the memory there is, with a quarter of it to spare", arguments: [16, 64, 1024])
    func fitting(_ mebibytes: Int) {
        var configuration = ServerConfiguration()
        configuration.fit(into: mebibytes << 20)
        #expect(configuration.maxHeldBytes == mebibytes << 18)
        #expect(configuration.maxRequestBytesPerConnection <= configuration.maxHeldBytes)
        let held =
            configuration.maxHeldBytes + configuration.maxConnections * (40 << 10)
            + configuration.maxHandshakes * (46 << 10) + configuration.maxStreamingCalls * (6 << 10)
        #expect(held <= mebibytes * 3 << 18)
        #expect(configuration.maxHandshakes > 0 && configuration.maxConnections > 0)
    }

    @Test("stay as they are where there is enough")
    func enough() {
        var configuration = ServerConfiguration()
        configuration.fit(into: 64 << 30)
        #expect(configuration.maxHeldBytes == 256 << 20)
        #expect(configuration.maxConnections == 10_000)
        #expect(configuration.maxHandshakes == 1000 && configuration.maxStreamingCalls == 20_000)
    }
}
