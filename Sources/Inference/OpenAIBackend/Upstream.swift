// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import SystemIO
import TLSWire

/// The upstream as one loop sees it: what its connections share, and those that are idle. Belongs to the loop.
final class Upstream {
    let loop: EventLoop
    let access: UpstreamAccess
    let buffer = UpstreamBuffer()
    private var idle: [(connection: UpstreamConnection, timer: TimerID)] = []

    init(_ access: UpstreamAccess, on loop: EventLoop) {
        self.access = access
        self.loop = loop
    }

    /// How to ask from now on.
    var terms: UpstreamAccess.Terms { access.current }
    var configuration: UpstreamConfiguration { terms.configuration }
    var resolver: UpstreamResolver { access.resolver }

    /// Asks the upstream; `onEvent` is called on the loop, never before this returns.
    ///
    /// - Parameters:
    ///   - bodyLimit: Bytes that the body of the response may have.
    ///   - connectTimeout: For a connection, when there is less time than usual: each address of a name has its share
    ///     of it.
    func exchange(
        _ request: [UInt8], bodyLimit: Int, connectTimeout: Duration? = nil,
        _ onEvent: @escaping (UpstreamExchange.Event) -> Void
    ) -> UpstreamExchange {
        let exchange = UpstreamExchange(
            self, request, bodyLimit: bodyLimit,
            connectTimeout: connectTimeout ?? configuration.connectTimeout, onEvent)
        loop.atEndOfTurn { exchange.start() }
        return exchange
    }

    /// The connection that was used last, if one is idle.
    func takeIdle() -> UpstreamConnection? {
        dropOutdated()
        guard let (connection, timer) = idle.popLast() else { return nil }
        loop.cancel(timer)
        connection.onEvent = nil
        return connection
    }

    /// Keeps a connection for the next exchange. Whatever comes on it before then ends it.
    func keep(_ connection: UpstreamConnection) {
        let terms = terms
        guard connection.generation == terms.generation,
            idle.count < terms.configuration.maxIdleConnections
        else { return connection.close() }
        let timer = loop.schedule(at: loop.now + configuration.idleTimeout) {
            [weak self, weak connection] in connection.map { self?.drop($0) }
        }
        idle.append((connection, timer))
        connection.onEvent = { [weak self, weak connection] _ in connection.map { self?.drop($0) } }
    }

    /// What was opened before the CAs were read again is trusted no more.
    private func dropOutdated() {
        let current = terms.generation
        for (connection, _) in idle where connection.generation != current { drop(connection) }
    }

    private func drop(_ connection: UpstreamConnection) {
        if let index = idle.firstIndex(where: { $0.connection === connection }) {
            loop.cancel(idle.remove(at: index).timer)
        }
        connection.close()
    }
}
