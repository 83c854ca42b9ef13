// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Logging
import Testing
import VitalsClient
import VitalsHealth

@Suite("The probe within a program")
struct ProbeTests {
    /// A run of the probe, which blocks, beside a server with one healthy name.
    private func run(_ arguments: [String]) async throws -> Probe.Result {
        let health = HealthReporter()
        health.set(.serving, for: "demo")
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try Server.start(
            host: "127.0.0.1", port: 0, services: [.health(health)], logger: logger)
        let slow = ["-connect-timeout", "30s", "-rpc-timeout", "30s"]
        let result = Probe.run(["-addr", server.address] + slow + arguments)
        server.stopAtOnce()
        await server.run()
        return result
    }

    @Test("What it prints on each stream, and its code")
    func streams() async throws {
        let plain = try await run(["-service", "demo"])
        #expect(plain.exitCode == 0 && plain.output.isEmpty)
        #expect(plain.text == "status: SERVING\n")
        let json = try await run(["-service", "demo", "-json"])
        #expect(json.exitCode == 0)
        #expect(json.output.hasPrefix("{") && json.output.contains(#""SERVING""#))
        let list = try await run(["-list"])
        #expect(list.output.contains(#"SERVING "demo""#))
    }

    @Test("A wrong flag is refused with the usage; a version is output")
    func noRun() {
        let refused = Probe.run(["-no-such-flag"])
        #expect(refused.exitCode == 1 && refused.output.isEmpty)
        #expect(refused.text.contains("no-such-flag"))
        let version = Probe.run(["-version"])
        #expect(version.exitCode == 0 && version.text.isEmpty && !version.output.isEmpty)
    }
}
