// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Logging
import SystemIO
import Testing
import VitalsHealth

@testable import VitalsServer

@Suite struct ServerTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func start(
        port: Int = 0, _ services: [ServiceDefinition] = []
    ) throws(ServerStartError) -> Server {
        try Server.start(host: "127.0.0.1", port: port, services: services, logger: logger)
    }

    @Test("A server says which port the kernel chose")
    func port() async throws {
        let server = try start()
        #expect(server.port > 0)
        #expect(server.address == "127.0.0.1:\(server.port)")
        #expect(await server.stop() == 0)
    }

    @Test("A second server at a port that is taken says so")
    func takenPort() async throws {
        let server = try start()
        let error = #expect(throws: ServerStartError.self) { try start(port: server.port) }
        #expect(
            error?.description
                == "cannot listen on 127.0.0.1:\(server.port): bind: Address already in use")
        await server.stop()
    }

    @Test("What is no port is refused")
    func badPort() {
        let error = #expect(throws: ServerStartError.self) { try start(port: 65_536) }
        #expect(error?.description == "127.0.0.1:65536 is no address to listen on")
    }

    @Test("Certificates that cannot be read are an error of the start")
    func badCertificates() {
        let tls = TLSServerConfiguration(
            identity: .init(certificatePath: "/missing", keyPath: "/missing"))
        let error = #expect(throws: ServerStartError.self) {
            try Server.start(port: 0, tls: tls, services: [], logger: logger)
        }
        #expect(error?.description == "open /missing: no such file or directory")
    }

    @Test("Cancelling the task of a server stops it")
    func cancellation() async throws {
        let server = try start()
        let run = Task { await server.run() }
        run.cancel()
        #expect(await run.value == 0)
    }

    @Test("A graceful shutdown makes every health name NOT_SERVING")
    func drain() async throws {
        let health = HealthReporter()
        health.set(.serving, for: "demo")
        let server = try start([.health(health)])
        await server.stop()
        #expect(health.status(of: "demo") == .notServing)
        #expect(health.status(of: "") == .notServing)
    }

    @Test("Everything that waits for the end of a server is told of it, also afterwards")
    func severalWaiters() async throws {
        let server = try start()
        async let first = server.run()
        async let second = server.run()
        server.beginGracefulShutdown()
        #expect(await (first, second) == (0, 0))
        #expect(await server.run() == 0)
    }

    @Test("A server that cannot watch for signals stops, as they would be lost")
    func noSignals() async throws {
        let server = try start()
        server.watch { () throws(SystemCallError) in
            throw SystemCallError("signalfd", .tooManyOpenFiles)
        }
        #expect(await server.run() == 0)
    }
}
