// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCTransport
import Logging
import SystemIO

/// A server on a free port of the loopback, stopped when its test is done with it.
public final class TestServer: Sendable {
    public let group: EventLoopGroup
    public let server: GRPCServer

    public init(
        _ services: [any GRPCService], http1: HTTP1Handler? = nil, loops: Int = 1,
        configuration: ServerConfiguration = .patient,
        at address: SocketAddress? = nil
    ) throws {
        group = try EventLoopGroup(count: loops)
        server = try GRPCServer.start(
            at: address ?? SocketAddress(numeric: "127.0.0.1", port: 0)!, on: group,
            services: services, http1: http1, configuration: configuration, logger: .silent)
    }

    deinit {
        let group = group
        server.stop(within: .zero) { _ in group.stop() }
    }

    public var address: SocketAddress { server.address }

    /// A client that has shaken hands, and keeps the server alive.
    public func greetedPeer(
        settings: [(id: UInt16, value: UInt32)] = [], receiveBuffer: CInt? = nil
    ) throws -> ScriptedPeer {
        let peer = try ScriptedPeer.greeted(
            by: address, settings: settings, receiveBuffer: receiveBuffer)
        peer.server = self
        return peer
    }
}

/// A service whose methods a test writes down.
public struct TestService: GRPCService {
    private let body: @Sendable (inout MethodTable, EventLoop) -> Void

    public init(_ body: @escaping @Sendable (inout MethodTable, EventLoop) -> Void) {
        self.body = body
    }

    public func register(in table: inout MethodTable, on loop: EventLoop) { body(&table, loop) }
}

extension ServerConfiguration {
    /// The defaults, for tests that ask by PING whether all is done.
    public static var patient: ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.abuse.minPingInterval = .zero
        return configuration
    }
}

extension Logger {
    /// For tests: says nothing.
    public static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
