// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import Outbound
import SystemIO
import TLSWire

/// The connections of one loop to the upstream: what they share, and the idle ones. Belongs to the loop.
final class Upstream {
    let loop: EventLoop
    let access: UpstreamAccess
    let buffer = ReceiveBuffer()
    private var idle: [(connection: OutboundConnection, timer: TimerID)] = []

    init(_ access: UpstreamAccess, on loop: EventLoop) {
        self.access = access
        self.loop = loop
    }

    /// How to send requests from now on.
    var parameters: UpstreamAccess.Parameters { access.current }
    var configuration: UpstreamConfiguration { parameters.configuration }
    var resolver: OutboundResolver { access.resolver }

    /// Sends a request; `onEvent` is called on the loop, after this returns.
    ///
    /// - Parameters:
    ///   - bodyLimit: Bytes that the body of the response may have.
    ///   - connectTimeout: Time to connect, if it is not the configured one; the addresses of a name share it.
    func exchange(
        _ request: [UInt8], bodyLimit: Int, connectTimeout: Duration? = nil,
        _ onEvent: @escaping (UpstreamExchange.Event) -> Void
    ) -> UpstreamExchange {
        let exchange = UpstreamExchange(
            self, request, bodyLimit: bodyLimit,
            connectTimeout: connectTimeout ?? configuration.connectTimeout, onEvent)
        loop.atEndOfTick { exchange.start() }
        return exchange
    }

    /// Takes the idle connection that was used last, if there is one.
    func takeIdle() -> OutboundConnection? {
        dropOutdated()
        guard let (connection, timer) = idle.popLast() else { return nil }
        loop.cancel(timer)
        connection.onEvent = nil
        return connection
    }

    /// Keeps a connection for the next exchange. Any event on it before then closes it.
    func keep(_ connection: OutboundConnection) {
        let parameters = parameters
        guard connection.generation == parameters.generation,
            idle.count < UpstreamConfiguration.maxIdleConnections
        else { return connection.close() }
        let timer = loop.schedule(at: loop.now + UpstreamConfiguration.idleTimeout) {
            [weak self, weak connection] in connection.map { self?.drop($0) }
        }
        idle.append((connection, timer))
        connection.onEvent = { [weak self, weak connection] _ in connection.map { self?.drop($0) } }
    }

    /// Closes connections from before a reload: they may not be trusted any more.
    private func dropOutdated() {
        let current = parameters.generation
        for (connection, _) in idle where connection.generation != current { drop(connection) }
    }

    private func drop(_ connection: OutboundConnection) {
        if let index = idle.firstIndex(where: { $0.connection === connection }) {
            loop.cancel(idle.remove(at: index).timer)
        }
        connection.close()
    }
}
