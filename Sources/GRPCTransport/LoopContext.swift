// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP2Wire
import Logging
import SystemIO
import TLSWire

/// What all connections of one loop share: the buffers (an idle connection owns none), the methods, the limits.
///
/// Belongs to its loop.
public final class LoopContext {
    /// The loop.
    public let loop: EventLoop
    let configuration: ServerConfiguration
    let logger: Logger
    let batch = HTTP2EventBatch()
    let memory = HTTP2Memory()
    let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)
    let output = OutputBuffer(capacity: 128 << 10)
    private(set) var methods = MethodTable()
    /// For connections that come from now on.
    var tls: TLSContext?
    /// Made for the first connection with TLS.
    private(set) lazy var tlsBuffers = TLSBuffers()

    let counters: ServerCounters
    let drops: DropLog

    private var listener: Listener?
    private var connections: [ObjectIdentifier: any Connection] = [:]
    private var crowd = CrowdMeter()
    /// No connection is accepted any more.
    var isStopping: Bool { onEmpty != nil }
    private var onEmpty: (() -> Void)?
    private var lookTimer: TimerID?
    /// The turn, by its time, in which the latest TLS handshake was gone on with.
    private var handshakeTurn = MonotonicTime(nanoseconds: .min)

    init(
        loop: EventLoop, configuration: ServerConfiguration, services: [any GRPCService],
        counters: ServerCounters, drops: DropLog, logger: Logger
    ) {
        self.loop = loop
        self.configuration = configuration
        self.counters = counters
        self.drops = drops
        self.logger = logger
        self.tls = configuration.tls
        for service in services { service.register(in: &methods, on: self) }
    }

    deinit { input.deallocate() }

    func listen(_ descriptor: consuming FileDescriptor) {
        do throws(SystemCallError) {
            listener = try Listener(
                descriptor, on: loop,
                onExhaustion: { [unowned self] in evictIdle() },
                onConnection: { [unowned self] descriptor in accept(descriptor) })
        } catch {
            logger.critical("cannot accept connections", metadata: ["error": "\(error.text)"])
        }
    }

    private func accept(_ descriptor: consuming FileDescriptor) {
        let limit = configuration.maxConnections
        if !counters.addConnection(limit: limit) {
            evictIdle()
            guard counters.addConnection(limit: limit) else {
                let peer = (try? descriptor.peerAddress())?.text ?? "unknown"
                return drops.record(.tooManyConnections, peer: peer, at: loop.now)
            }
        }
        descriptor.setNoDelay()
        do {
            let connection = try IncomingConnection.start(descriptor, self)
            connections[ObjectIdentifier(connection)] = connection
            crowd.came(connections.count)
            scheduleLook()
        } catch {
            counters.removeConnection()
            logger.warning("connection refused", metadata: ["error": "\(error)"])
        }
    }

    func replace(_ connection: any Connection, with successor: any Connection) {
        connections[ObjectIdentifier(connection)] = nil
        connections[ObjectIdentifier(successor)] = successor
    }

    func forget(_ connection: any Connection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        counters.removeConnection()
        checkEmpty()
    }

    /// Whether a TLS handshake may go on in this turn.
    func takeHandshake() -> Bool {
        if handshakeTurn == loop.now { return false }
        handshakeTurn = loop.now
        return true
    }

    // MARK: The clock

    /// One timer for all connections, and none without any, once the memory of those that were here is given back.
    private func scheduleLook() {
        guard lookTimer == nil, !connections.isEmpty || crowd.isWaiting else { return }
        lookTimer = loop.schedule(at: loop.now + configuration.lookInterval) { [weak self] in
            guard let self else { return }
            self.lookTimer = nil
            let now = self.loop.now
            // A copy: a connection that ends takes itself out.
            for connection in Array(self.connections.values) { connection.look(at: now) }
            if self.crowd.look(self.connections.count) {
                self.memory.giveBack()
                FreeMemory.release()
            }
            self.scheduleLook()
        }
    }

    /// Makes room by closing those that have been idle the longest: some at once, so that a crowd of idle clients
    /// is not searched through for each one that comes.
    private func evictIdle() {
        let idle = connections.values.compactMap { connection in
            connection.idleStart.map { (since: $0, connection: connection) }
        }
        let count = max(1, idle.count / 16)
        for (_, connection) in idle.sorted(by: { $0.since < $1.since }).prefix(count) {
            connection.evict()
        }
    }

    // MARK: The end

    /// Accepts no more, asks every client to leave, and calls `completion` when the last one has.
    func stopGracefully(completion: @escaping () -> Void) {
        listener?.close()
        listener = nil
        let earlier = onEmpty
        onEmpty = {
            earlier?()
            completion()
        }
        for connection in connections.values { connection.startShutdown() }
        checkEmpty()
    }

    /// Closes every connection now.
    func stopAtOnce() {
        listener?.close()
        listener = nil
        for connection in connections.values { connection.close() }
    }

    private func checkEmpty() {
        guard connections.isEmpty, let completion = onEmpty else { return }
        onEmpty = nil
        completion()
    }
}
