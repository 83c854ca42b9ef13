// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Logging
import SystemIO
import TestSupport
import Testing
import VitalsHealth

@Suite("Health over HTTP in a program of one's own")
struct HealthPagesTests {
    /// The first line and the last of the server's response to a GET.
    private func get(_ path: String, from server: Server) throws -> [Substring] {
        let port = UInt16(server.port)
        let address = try #require(SocketAddress(numeric: "127.0.0.1", port: port))
        let peer = try ScriptedPeer(to: address)
        try peer.send(Array("GET \(path) HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".utf8))
        let text = String(decoding: try peer.bytesUntilEnd(), as: UTF8.self)
        let lines = text.split(separator: "\r\n")
        return [lines.first ?? "", lines.last ?? ""]
    }

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
