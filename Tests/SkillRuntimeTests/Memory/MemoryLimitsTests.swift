// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SkillRuntime

@Suite("The limits on what clients make the server hold")
struct MemoryLimitsTests {
    @Test("fit the memory of a small control group, if they were not set")
    func small() {
        var options = RuntimeOptions()
        options.server.maxStreamingCalls = 7
        let text = options.fitLimits(toMemory: 64 << 20)
        #expect(options.server.maxHeldBytes == 16 << 20)
        #expect(options.server.maxConnections == 682)
        #expect(options.server.maxHandshakes == 682)
        #expect(options.server.maxStreamingCalls == 7)
        #expect(text == "--max-connections 682, --max-handshakes 682, --max-held-bytes 16777216")
    }

    @Test("stay as they are where there is memory enough")
    func large() {
        var options = RuntimeOptions()
        let before = options.server.maxHeldBytes
        #expect(options.fitLimits(toMemory: 8 << 30) == nil)
        #expect(options.server.maxHeldBytes == before && options.server.maxConnections == 10_000)
    }

    @Test("count more for a connection with TLS, and leave one at least")
    func tls() {
        var options = RuntimeOptions()
        options.tlsCertificate = "a"
        options.tlsKey = "b"
        var none = options
        _ = options.fitLimits(toMemory: 64 << 20)
        #expect(options.server.maxConnections == 256)
        _ = none.fitLimits(toMemory: 0)
        #expect(none.server.maxConnections == 1 && none.server.maxHeldBytes == 1)
    }
}
