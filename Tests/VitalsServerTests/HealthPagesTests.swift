// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Logging
import Testing
import VitalsHealth

@Suite("Health over HTTP in a program of one's own")
struct HealthPagesTests {
    @Test("The pages say what the reporter says")
    func pages() async throws {
        let health = HealthReporter()
        let server = try Server.start(
            host: "127.0.0.1", port: 0,
            services: [
                .health(health), .healthPages(health, service: "greeter", version: "1.2.3"),
            ], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        #expect(try get("/readyz", from: server) == ["HTTP/1.1 200 OK", "ok"])
        #expect(try get("/healthz", from: server)[1] == #"{"status":"ok"}"#)
        let document = try get("/health", from: server)[1]
        #expect(document.hasPrefix(#"{"status":"healthy""#))
        #expect(document.contains(#""service":"greeter","version":"1.2.3""#))
        health.set(.notServing, for: "", reason: .queue)
        #expect(try get("/readyz", from: server)[0] == "HTTP/1.1 503 Service Unavailable")
        #expect(try get("/health", from: server)[1].contains(#""last_error":"queue""#))
        #expect(try get("/nowhere", from: server)[0] == "HTTP/1.1 404 Not Found")
        await server.stop()
    }
}
