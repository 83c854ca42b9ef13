// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
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
    /// Small, so that what one read costs is small: a flood of frames is judged after each.
    let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 << 10, alignment: 64)
    let output = OutputBuffer(capacity: 128 << 10)
    private(set) var methods = MethodTable()
    /// For asynchronous handlers; nil when there are none that run off the loop.
    var pool: TaskPool?
    /// For connections that come from now on.
    var tls: TLSContext?
    /// Made for the first connection with TLS.
    private(set) lazy var tlsBuffers = TLSBuffers()

    /// Made for the first connection with TLS.
    private(set) lazy var steps = Handshakes(for: loop)

    let counters: ServerCounters
    let drops: DropLog
    let resets: ResetLog

    /// Of the messages of all clients.
    var decompression: DecompressionBudget
    let pendingWork: PendingWork

    private var listener: Listener?
    private(set) var connections = ConnectionTable()
    /// Where the searches for idle connections, and for handshakes that may go, go on.
    var (idleHand, handshakeHand) = (0, 0)
    /// Those that are here for their first call: of this machine, and of others.
    var (localProvisional, otherProvisional): (ProvisionalPlaces, ProvisionalPlaces)
    /// The other loops of the server.
    private(set) var others: [LoopBound<LoopContext>] = []
    /// Newcomers for whom other loops are asked to make room.
    var seekers = 0
    /// All loops were asked in vain lately.
    var isFullUntil = MonotonicTime(nanoseconds: .min)
    /// TLS handshakes under way, and how many there may be.
    private var handshakes = 0
    private let maxHandshakes: Int
    private var crowd = CrowdMeter()
    /// Calls that stream their answer: what they hold is given back as that of connections is.
    private var streamingCalls = 0
    /// No connection is accepted any more.
    var isStopping: Bool { onEmpty != nil }
    var isListening: Bool { listener != nil }
    private var onEmpty: (() -> Void)?
    private var lookTimer: TimerID?
    /// The place of the next connection to look at.
    private var nextLook = 0
    /// Not twice in a row: a loop that is always late has to look, too.
    private var hasPassedOverLook = false

    init(
        loop: EventLoop, configuration: ServerConfiguration, services: [any GRPCService],
        counters: ServerCounters, drops: DropLog, resets: ResetLog, logger: Logger,
        loops: Int
    ) {
        self.loop = loop
        self.configuration = configuration
        self.counters = counters
        self.drops = drops
        self.resets = resets
        self.logger = logger
        self.tls = configuration.tls
        self.decompression = DecompressionBudget(at: .now())
        self.pendingWork = PendingWork(on: loop)
        // The kernel spreads connections over the loops.
        self.maxHandshakes = max(1, configuration.maxHandshakes / loops)
        let provisional = ProvisionalPlaces(
            limit: (configuration.reservedConnections + loops - 1) / loops)
        (localProvisional, otherProvisional) = (provisional, provisional)
        for service in services { service.register(in: &methods, on: self) }
    }

    deinit { input.deallocate() }

    /// `others` are asked to make room for newcomers when nobody is idle here.
    func listen(_ descriptor: consuming FileDescriptor, others: [LoopBound<LoopContext>]) {
        self.others = others
        do throws(SystemCallError) {
            listener = try Listener(
                descriptor, on: loop,
                onExhaustion: { [unowned self] in evictSomeEverywhere() },
                onConnection: { [unowned self] descriptor, peer in
                    accept(descriptor, PeerAddress(peer))
                })
        } catch {
            logger.critical("cannot accept connections", metadata: ["error": "\(error.text)"])
        }
    }

    /// Takes in a connection with its place; without one, for a first call.
    func start(
        _ descriptor: consuming FileDescriptor, _ address: PeerAddress, _ holdings: PeerHoldings?
    ) {
        descriptor.setNoDelay()
        do {
            let connection = try IncomingConnection.start(descriptor, address, holdings, self)
            connections.add(connection)
            if holdings == nil { noteProvisional(connection.socket) }
            crowd.came(connections.count + streamingCalls)
            if lookTimer == nil { scheduleLook() }
        } catch {
            if let holdings { counters.removeConnection(of: holdings) }
            logger.warning("connection refused", metadata: ["error": "\(error)"])
        }
    }

    /// Throws when more bytes are held for all clients together than may be.
    func checkHeldBytes() throws(Status) {
        if counters.heldBytes > configuration.maxHeldBytes {
            throw Status(.resourceExhausted, "too many bytes are held for all clients together")
        }
    }

    func replace(_ connection: any Connection, with successor: any Connection) {
        connections.replace(connection, with: successor)
    }

    func forget(_ connection: any Connection) {
        guard connections.remove(connection) else { return }
        if let holdings = connection.socket.holdings {
            counters.removeConnection(of: holdings)
        } else {
            forgetProvisional(connection.socket)
        }
        checkEmpty()
    }

    func beganStreaming() {
        streamingCalls += 1
        crowd.came(connections.count + streamingCalls)
    }

    func endedStreaming() { streamingCalls -= 1 }

    /// Counts a TLS handshake, and makes room for it when there is none; false when there cannot be any.
    func beginHandshake() -> Bool {
        if handshakes >= maxHandshakes {
            let oldest = connections.nextIdle(from: &handshakeHand) { $0.isShakingHands }
            oldest?.evict(.tooManyHandshakes)
        }
        if handshakes >= maxHandshakes { return false }
        handshakes += 1
        return true
    }

    func endHandshake() { handshakes -= 1 }

    // MARK: The clock

    /// One timer for all connections, and none without any, once the memory of those that were here is given back.
    private func scheduleLook() {
        let interval = configuration.lookInterval
        let due = loop.now + interval
        lookTimer = loop.schedule(at: due) { [weak self] in
            guard let self else { return }
            // A late look comes from a loop that was held, or a process that was stopped: what clients said
            // meanwhile is read before their silence is judged, by the look after this one.
            self.hasPassedOverLook = self.loop.now - due > interval && !self.hasPassedOverLook
            if self.hasPassedOverLook { self.endLook() } else { self.look() }
        }
    }

    /// Looks at every connection, as many of them in a turn as its time allows.
    private func look() {
        let slice = TimeSlice()
        while nextLook < connections.endPlace {
            connections[nextLook]?.look(at: loop.now)
            nextLook += 1
            guard slice.isOver else { continue }
            lookTimer = loop.schedule(at: loop.now) { [weak self] in self?.look() }
            return
        }
        endLook()
    }

    private func endLook() {
        nextLook = 0
        lookTimer = nil
        if crowd.look(connections.count + streamingCalls) {
            memory.giveBack()
            FreeMemory.release()
        }
        if !connections.isEmpty || crowd.isWaiting { scheduleLook() }
    }

    // MARK: The end

    /// Accepts no more, asks every client to leave, and calls `completion` when the last one has.
    func stopGracefully(completion: @escaping () -> Void) {
        stopListening()
        let earlier = onEmpty
        onEmpty = {
            earlier?()
            completion()
        }
        for connection in connections.all { connection.startShutdown() }
        checkEmpty()
    }

    /// Closes every connection now.
    func stopAtOnce() {
        stopListening()
        for connection in connections.all { connection.close() }
    }

    private func stopListening() {
        listener?.close()
        listener = nil
        // They know of this one, too.
        others = []
    }

    private func checkEmpty() {
        guard connections.isEmpty, let completion = onEmpty else { return }
        onEmpty = nil
        completion()
    }
}
