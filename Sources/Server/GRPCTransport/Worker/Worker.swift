// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import HTTP1Wire
import Logging
import SystemIO

/// One loop of a server: its connections, and what they share. Belongs to its loop.
///
/// Each part has one job: ``Admission`` lets connections in, ``Sweeper`` applies their time limits, ``TLSAcceptor`` runs
/// TLS handshakes, ``Routes`` finds what serves a request, ``Scratch`` is memory that connections use in turn.
final class Worker {
    let loop: EventLoop
    let configuration: ServerConfiguration
    let logger: Logger
    let counters: ServerCounters
    private let logs: (drops: DropLog, resets: ResetLog)
    let scratch = Scratch()
    let routes: Routes
    /// For the messages of all clients.
    var decompression: DecompressionBudget
    let pendingWork: PendingWork
    private(set) var connections = ConnectionTable()
    private(set) lazy var admission = Admission(for: self)
    private(set) lazy var tls = TLSAcceptor(for: self)
    private(set) lazy var sweeper = Sweeper(for: self)
    /// What was counted of the connections.
    var traffic = TrafficCounters()
    private var shutdown: Shutdown?

    /// A stop that was asked for.
    private struct Shutdown {
        /// Called when the last connection has gone.
        var completions: [(_ cutCalls: Int) -> Void] = []
        var cutCalls = 0
    }

    init(
        on loop: EventLoop, _ configuration: ServerConfiguration, _ routes: Routes,
        _ counters: ServerCounters, _ drops: DropLog, _ resets: ResetLog, _ logger: Logger
    ) {
        self.loop = loop
        self.configuration = configuration
        self.routes = routes
        self.counters = counters
        self.logs = (drops, resets)
        self.logger = logger
        self.decompression = DecompressionBudget(at: .now())
        self.pendingWork = PendingWork(on: loop)
    }

    var drops: DropLog { logs.drops }
    var resets: ResetLog { logs.resets }

    /// Throws when more bytes are held for all clients together than may be.
    func checkHeldBytes() throws(Status) {
        if counters.heldBytes > configuration.capacity.maxHeldBytes {
            throw Status(.resourceExhausted, "too many bytes are held for all clients together")
        }
    }

    /// Notes that `change` bytes more (or less) are held for a client of this loop.
    func changeHeldBytes(by change: Int) {
        counters.changeHeldBytes(by: change)
        sweeper.changeHeldBytes(by: change)
    }

    /// For the responses of plain HTTP.
    var date: HTTPDate { routes.date.text(at: loop.now) }

    /// The method of a path. A function of its own, for then the table is not retained for the walk.
    @inline(never)
    func method(at path: UnsafeRawBufferPointer) -> Unmanaged<Method>? {
        routes.methods.method(at: path)
    }

    // MARK: Connections

    /// Serves a connection that was admitted; with no `peerUsage`, for its first call only.
    func serve(
        _ descriptor: consuming FileDescriptor, _ address: PeerAddress, _ peerUsage: PeerUsage?
    ) {
        do {
            let connection = try IncomingConnection.start(descriptor, address, peerUsage, self)
            connections.add(connection)
            traffic.accepted += 1
            if peerUsage == nil { admission.addProvisional(connection.socket) }
            sweeper.connectionAdded()
            // Its first bytes are often there: that spares a wait, and a tick.
            connection.ready(.readable)
        } catch {
            if let peerUsage { counters.removeConnection(of: peerUsage) }
            logger.warning("connection refused", metadata: ["error": "\(error)"])
        }
    }

    /// `successor` has taken over the socket of `connection`.
    func replace(_ connection: any Connection, with successor: any Connection) {
        connections.replace(connection, with: successor)
    }

    /// The connection is closed.
    func remove(_ connection: any Connection) {
        guard connections.remove(connection) else { return }
        if let peerUsage = connection.socket.peerUsage {
            counters.removeConnection(of: peerUsage)
        } else {
            admission.removeProvisional(connection.socket)
        }
        completeShutdown()
    }

    // MARK: The end

    /// No connection is accepted any more.
    var isStopping: Bool { shutdown != nil }

    /// Accepts no more, asks every client to leave, and calls `completion` when the last one has, with the number of
    /// calls that were cut off.
    func stopGracefully(completion: @escaping (_ cutCalls: Int) -> Void) {
        admission.stopListening()
        shutdown = shutdown ?? Shutdown()
        shutdown?.completions.append(completion)
        for connection in connections.all { connection.startShutdown() }
        completeShutdown()
    }

    /// Closes every connection now.
    func stopAtOnce() {
        admission.stopListening()
        for connection in connections.all {
            shutdown?.cutCalls += connection.unfinishedCalls
            connection.close()
        }
    }

    private func completeShutdown() {
        guard connections.isEmpty, let shutdown else { return }
        loop.remove(self)
        self.shutdown?.completions = []
        for completion in shutdown.completions { completion(shutdown.cutCalls) }
    }
}
