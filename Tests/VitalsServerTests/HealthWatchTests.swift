// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Logging
import Testing
import VitalsClient
import VitalsHealth

@Suite("The health client of a program")
struct HealthWatchTests {
    @Test("A Watch can be waited for with a limit, goes on after it, and ends with the server")
    func limit() async throws {
        let health = HealthReporter()
        health.set(.serving, for: "demo")
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try Server.start(
            host: "127.0.0.1", port: 0, services: [.health(health)], logger: logger)
        let watch = try HealthClient.connect(to: server.address, timeout: .seconds(30)).watch(
            "demo")
        #expect(try watch.next(within: .seconds(60)) == .serving)
        for limit in [Duration.milliseconds(10), .zero] {
            let error = #expect(throws: Status.self) { try watch.next(within: limit) }
            #expect(error?.code == .deadlineExceeded)
        }
        health.set(.notServing, for: "demo")
        #expect(try watch.next(within: .seconds(60)) == .notServing)
        watch.cancel()
        let error = #expect(throws: Status.self) { try watch.next(within: .seconds(60)) }
        #expect(error?.code == .cancelled)
        server.stopAtOnce()
        await server.run()
    }
}
