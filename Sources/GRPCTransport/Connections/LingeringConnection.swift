// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import SystemIO

/// The last second of a connection that we ended: what comes still is thrown away. A socket that is closed over
/// unread bytes answers with a reset, which would overtake our last words.
final class LingeringConnection: Connection {
    let socket: ConnectionSocket
    private let context: LoopContext
    private let start: MonotonicTime
    private var readsLeft = 1024

    private static let longest = Duration.seconds(1)

    /// Takes over the socket of `connection`, on which everything has been said.
    static func take(
        over connection: any Connection, _ socket: ConnectionSocket, _ context: LoopContext
    ) {
        let successor = LingeringConnection(socket, context)
        socket.endSending()
        do throws(SystemCallError) {
            try socket.setHandler(successor)
            context.replace(connection, with: successor)
        } catch {
            socket.close()
            context.forget(connection)
        }
    }

    private init(_ socket: ConnectionSocket, _ context: LoopContext) {
        self.socket = socket
        self.context = context
        self.start = context.loop.now
    }

    func ready(_ readiness: Readiness) {
        readsLeft -= 1
        if !socket.discard() || readsLeft == 0 { close() }
    }

    func look(at now: MonotonicTime) {
        if now - start >= Self.longest { close() }
    }

    var idleStart: MonotonicTime? { start }

    func startShutdown() { close() }

    func evict(_ reason: DropReason) { close() }

    func close() {
        guard socket.isOpen else { return }
        socket.close()
        context.forget(self)
    }
}
