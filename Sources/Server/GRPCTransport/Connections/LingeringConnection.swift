// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import SystemIO

/// The last second of a connection that we ended: bytes that still come are ignored. A socket that is closed with unread
/// bytes, or receives more, sends a reset, and the client might lose our last bytes.
final class LingeringConnection: Connection {
    let socket: ConnectionSocket
    private let worker: Worker
    private let start: MonotonicTime
    /// It ended without an error, and waits until the client has all that was sent to it.
    private let isDelivering: Bool
    private var readsLeft = 1024
    /// How much the client did not have at the latest check, and since when it has taken nothing more.
    private var undelivered = Int.max
    private var stillSince: MonotonicTime

    private static let longest = Duration.seconds(1)
    /// A client that takes nothing of an answer for so long is gone.
    private static let longestStill = Duration.seconds(5)
    private static let shortestWait = Duration.milliseconds(10)
    private static let longestWait = Duration.seconds(1)

    /// Takes over the socket of `connection`, on which everything has been said.
    static func take(
        over connection: any Connection, _ socket: ConnectionSocket, _ worker: Worker,
        untilDelivered isDelivering: Bool = false
    ) {
        let successor = LingeringConnection(socket, worker, isDelivering)
        socket.endSending()
        do throws(SystemCallError) {
            try socket.setHandler(successor)
            worker.replace(connection, with: successor)
            if isDelivering { successor.waitForDelivery(shortestWait) }
        } catch {
            socket.close()
            worker.remove(connection)
        }
    }

    private init(_ socket: ConnectionSocket, _ worker: Worker, _ isDelivering: Bool) {
        self.socket = socket
        self.isDelivering = isDelivering
        self.worker = worker
        self.start = worker.loop.now
        self.stillSince = start
    }

    func ready(_ readiness: Readiness) {
        readsLeft -= 1
        if !socket.discard() || readsLeft == 0 { close() }
    }

    private func waitForDelivery(_ wait: Duration) {
        _ = worker.loop.schedule(at: worker.loop.now + wait) { [weak self] in
            guard let self, self.socket.isOpen else { return }
            if self.noteProgress() {
                self.waitForDelivery(min(wait * 2, Self.longestWait))
            } else {
                self.close()
            }
        }
    }

    /// Checks what the client has taken. False when it has everything, or takes nothing any more.
    private func noteProgress() -> Bool {
        let left = socket.undelivered
        if left < undelivered { stillSince = worker.loop.now }
        undelivered = left
        return left > 0 && !Self.longestStill.hasPassed(since: stillSince, at: worker.loop.now)
    }

    func sweep(at now: MonotonicTime) {
        let limit = isDelivering ? worker.configuration.timeouts.write : Self.longest
        if limit.hasPassed(since: start, at: now) { close() }
    }

    var idleStart: MonotonicTime? { start }

    func startShutdown() {
        if !isDelivering { close() }
    }

    func evict(_ reason: DropReason) { close() }

    var unfinishedCalls: Int { isDelivering && socket.undelivered > 0 ? 1 : 0 }

    func close() {
        guard socket.isOpen else { return }
        socket.close()
        worker.remove(self)
    }
}
