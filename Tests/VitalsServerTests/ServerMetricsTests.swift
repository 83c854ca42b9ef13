// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Logging
import Testing
import VitalsServer

@Suite("Metrics of a server of one's own")
struct ServerMetricsTests {
    @Test("have its calls, the process, and what the program counts")
    func page() async throws {
        let metrics = ServerMetrics()
        var echo = ServiceDefinition()
        echo.unary("/demo.Echo/Say", taking: .text, returning: .text) { text, _ in text }
        let server = try Server.start(
            host: "127.0.0.1", port: 0, services: [echo, .metrics(metrics)],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        Counter(label: "greetings", factory: metrics.factory).increment(by: 3)
        Counter(label: "grpc_server_started", factory: metrics.factory).increment()
        let page = try get("/metrics", from: server).joined(separator: "\n")
        #expect(page.hasPrefix("HTTP/1.1 200 OK"))
        #expect(page.contains("greetings_total 3\n"))
        #expect(page.contains("app_grpc_server_started_total 1\n"))
        #expect(page.contains("grpc_service=\"demo.Echo\",grpc_method=\"Say\"} 0\n"))
        #expect(page.contains("process_open_fds "))
        await server.stop()
    }
}
