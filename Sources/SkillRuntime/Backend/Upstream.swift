// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import SystemIO
import TLSWire

/// The upstream as one loop sees it: what its connections share, and those that are idle. Belongs to the loop.
final class Upstream {
    let configuration: UpstreamConfiguration
    let loop: EventLoop
    let resolver: UpstreamResolver
    /// Nil for plaintext.
    let tls: TLSContext?
    let buffer = UpstreamBuffer()
    private var idle: [(connection: UpstreamConnection, timer: TimerID)] = []

    init(
        _ configuration: UpstreamConfiguration, tls: TLSContext?, resolver: UpstreamResolver,
        on loop: EventLoop
    ) {
        self.configuration = configuration
        self.tls = tls
        self.resolver = resolver
        self.loop = loop
    }

    /// Asks the upstream; `onEvent` is called on the loop, never before this returns.
    func exchange(
        _ request: [UInt8], _ onEvent: @escaping (UpstreamExchange.Event) -> Void
    ) -> UpstreamExchange {
        let exchange = UpstreamExchange(self, request, onEvent)
        loop.atEndOfTurn { exchange.start() }
        return exchange
    }

    /// The connection that was used last, if one is idle.
    func takeIdle() -> UpstreamConnection? {
        guard let (connection, timer) = idle.popLast() else { return nil }
        loop.cancel(timer)
        connection.onEvent = nil
        return connection
    }

    /// Keeps a connection for the next exchange. Whatever comes on it before then ends it.
    func keep(_ connection: UpstreamConnection) {
        if idle.count >= configuration.maxIdleConnections { return connection.close() }
        let timer = loop.schedule(at: loop.now + configuration.idleTimeout) {
            [weak self, weak connection] in connection.map { self?.drop($0) }
        }
        idle.append((connection, timer))
        connection.onEvent = { [weak self, weak connection] _ in connection.map { self?.drop($0) } }
    }

    private func drop(_ connection: UpstreamConnection) {
        if let index = idle.firstIndex(where: { $0.connection === connection }) {
            loop.cancel(idle.remove(at: index).timer)
        }
        connection.close()
    }
}
