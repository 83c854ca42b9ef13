// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Logging
import Synchronization
import SystemIO
import TLSWire

/// A gRPC server over HTTP/2, plaintext or in TLS, on every loop of a group.
public final class GRPCServer: Sendable {
    /// Where it listens; with port 0 asked for, the port that the kernel chose.
    public let address: SocketAddress
    /// What its clients have it hold now.
    public let counters: ServerCounters
    /// The connections that it ended, by reason.
    public let drops: DropLog
    /// The calls that it reset because of what their clients sent, by the rule that was broken.
    public let resets: ResetLog
    let contexts: [LoopBound<LoopContext>]

    /// Binds `address` for every loop and starts to serve. Throws when the address cannot be had.
    public static func start(
        at address: SocketAddress, on group: EventLoopGroup,
        services: [any GRPCService], configuration: ServerConfiguration = ServerConfiguration(),
        logger: Logger
    ) throws(SystemCallError) -> GRPCServer {
        // A Unix socket has one listener, which the first loop serves.
        let count = address.isTCP ? group.loops.count : 1
        let (listeners, bound) = try bind(address, count: count)
        let counters = ServerCounters()
        let drops = DropLog("connection dropped", "connections", .info, logger)
        let resets = ResetLog("call reset", "calls", .debug, logger)
        let values = group.loops.prefix(count).map {
            LoopContext(
                loop: $0, configuration: configuration, services: services, counters: counters,
                drops: drops, resets: resets, logger: logger, loops: count)
        }
        if values.contains(where: \.methods.needsPool) {
            do throws(SystemCallError) {
                let pool = try group.taskPool()
                for value in values { value.pool = pool }
            } catch {
                close(listeners)
                throw error
            }
        }
        let contexts = values.map { LoopBound($0, on: $0.loop) }
        for (context, listener) in zip(contexts, listeners) {
            let others = contexts.filter { $0.loop !== context.loop }
            context.loop.post {
                context.value.listen(FileDescriptor(owning: listener), others: others)
            }
        }
        return GRPCServer(
            address: bound, counters: counters, drops: drops, resets: resets, contexts: contexts)
    }

    /// Listeners for whoever takes them over, all of them or none.
    private static func bind(
        _ address: SocketAddress, count: Int
    ) throws(SystemCallError) -> (listeners: [CInt], address: SocketAddress) {
        // SO_REUSEPORT would let two servers of one user share a port unnoticed: ask once without it.
        if count > 1, address.port != 0 { try FileDescriptor.checkUnused(address) }
        var bound = address
        var listeners: [CInt] = []
        do throws(SystemCallError) {
            for _ in 0..<count {
                let listener = try FileDescriptor.listener(at: bound, sharedPort: count > 1)
                bound = try listener.localAddress()
                listeners.append(listener.release())
            }
        } catch {
            close(listeners)
            throw error
        }
        return (listeners, bound)
    }

    private static func close(_ listeners: [CInt]) {
        for listener in listeners { _ = FileDescriptor(owning: listener) }
    }

    private init(
        address: SocketAddress, counters: ServerCounters, drops: DropLog, resets: ResetLog,
        contexts: [LoopBound<LoopContext>]
    ) {
        self.address = address
        self.counters = counters
        self.drops = drops
        self.resets = resets
        self.contexts = contexts
    }

    /// Has connections that come from now on use these certificates; those that are there keep theirs.
    public func use(_ tls: TLSContext) {
        for context in contexts {
            context.loop.post { context.value.tls = tls }
        }
    }

    /// Accepts no more connections, lets the calls under way finish, and asks every client to leave. What is
    /// still there after `deadline` is cut off. `completion` is called on some loop when all are gone.
    public func stop(
        within deadline: Duration, completion: @escaping @Sendable () -> Void
    ) {
        let counter = Countdown(contexts.count, completion)
        for context in contexts {
            context.loop.post {
                let value = context.value
                let loop = context.loop
                // Called off in the end, so that nothing holds on to what is gone until the deadline.
                let timer = loop.schedule(at: loop.now + deadline) { value.stopAtOnce() }
                value.stopGracefully {
                    loop.cancel(timer)
                    counter.countDown()
                }
            }
        }
    }
}

/// Calls its action when it has been told as often as it was set to.
private final class Countdown: Sendable {
    private let remaining: Atomic<Int>
    private let action: @Sendable () -> Void

    init(_ count: Int, _ action: @escaping @Sendable () -> Void) {
        remaining = Atomic(count)
        self.action = action
    }

    func countDown() {
        if remaining.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { action() }
    }
}
