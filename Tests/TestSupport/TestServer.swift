// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import GRPCTransport
package import HTTPRouting
package import Logging
package import SystemIO

/// A server on a free port of the loopback, stopped when its test is done with it.
package final class TestServer: Sendable {
    package let group: EventLoopGroup
    package let server: GRPCServer

    package init(
        _ services: [any GRPCService], http: [any HTTPService] = [], loops: Int = 1,
        configuration: ServerConfiguration = .patient,
        at address: SocketAddress? = nil
    ) throws {
        group = try EventLoopGroup(count: loops)
        server = try GRPCServer.start(
            at: address ?? SocketAddress(numeric: "127.0.0.1", port: 0)!, on: group,
            services: services, http: http, configuration: configuration, logger: .silent)
    }

    deinit {
        let group = group
        server.stop(within: .zero) { _ in group.stop() }
    }

    package var address: SocketAddress { server.address }

    /// A client that has shaken hands, and keeps the server alive.
    package func greetedPeer(
        settings: [(id: UInt16, value: UInt32)] = [], receiveBuffer: CInt? = nil
    ) throws -> ScriptedPeer {
        let peer = try ScriptedPeer.greeted(
            by: address, settings: settings, receiveBuffer: receiveBuffer)
        peer.server = self
        return peer
    }
}

/// A service whose methods a test writes down.
package struct TestService: GRPCService {
    private let body: @Sendable (inout MethodTable, EventLoop) -> Void

    package init(_ body: @escaping @Sendable (inout MethodTable, EventLoop) -> Void) {
        self.body = body
    }

    package func register(in table: inout MethodTable, on loop: EventLoop) { body(&table, loop) }
}

/// A service of HTTP whose routes a test writes down.
package struct TestPages: HTTPService {
    private let body: @Sendable (inout HTTPRoutes, EventLoop) -> Void

    package init(_ body: @escaping @Sendable (inout HTTPRoutes, EventLoop) -> Void) {
        self.body = body
    }

    package func register(in routes: inout HTTPRoutes, on loop: EventLoop) { body(&routes, loop) }
}

extension ServerConfiguration {
    /// The defaults, for tests that ask by PING whether all is done.
    package static var patient: ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.abuse.minPingInterval = .zero
        return configuration
    }
}

extension Logger {
    /// For tests: says nothing.
    package static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
