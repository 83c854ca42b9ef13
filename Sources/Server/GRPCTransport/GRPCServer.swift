// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import HTTPRouting
package import Logging
import Synchronization
package import SystemIO
package import TLSWire

/// A gRPC server over HTTP/2, plaintext or in TLS, on every loop of a group.
package final class GRPCServer: Sendable {
    /// Where it listens; with port 0 asked for, the port that the kernel chose.
    package let address: SocketAddress
    /// What its clients have it hold now.
    package let counters: ServerCounters
    /// The connections that it ended, by reason.
    package let drops: DropLog
    /// The calls that it reset because of what their clients sent, by the rule that was broken.
    package let resets: ResetLog
    let workers: [LoopBound<Worker>]

    /// Binds `address` for every loop and starts to serve; `http` has the paths of plain HTTP. Throws when the address
    /// cannot be bound.
    package static func start(
        at address: SocketAddress, on group: EventLoopGroup,
        services: [any GRPCService], http: [any HTTPService] = [],
        configuration: ServerConfiguration = ServerConfiguration(), logger: Logger
    ) throws(SystemCallError) -> GRPCServer {
        // A Unix socket has one listener, which the first loop serves.
        let loops = Array(group.loops.prefix(address.isTCP ? group.loops.count : 1))
        let (listeners, bound) = try bind(address, count: loops.count)
        return try start(
            listeners, at: bound, on: group, loops, services: services, http: http,
            configuration: configuration, logger: logger)
    }

    /// Starts to serve the clients of a listener that was made before, on the first loop of a group: for a program that binds
    /// its port before it has loops.
    package static func start(
        with listener: consuming FileDescriptor, on group: EventLoopGroup,
        services: [any GRPCService], http: [any HTTPService] = [],
        configuration: ServerConfiguration = ServerConfiguration(), logger: Logger
    ) throws(SystemCallError) -> GRPCServer {
        let bound = try listener.localAddress()
        return try start(
            [listener.release()], at: bound, on: group, Array(group.loops.prefix(1)),
            services: services, http: http, configuration: configuration, logger: logger)
    }

    /// Starts to serve with a listener for each loop.
    private static func start(
        _ listeners: [CInt], at bound: SocketAddress, on group: EventLoopGroup,
        _ loops: [EventLoop], services: [any GRPCService], http: [any HTTPService],
        configuration: ServerConfiguration, logger: Logger
    ) throws(SystemCallError) -> GRPCServer {
        let tables = loops.map { MethodTable(of: services, on: $0) }
        let pool: TaskPool?
        do throws(SystemCallError) {
            pool = tables.contains(where: \.needsPool) ? try group.taskPool() : nil
        } catch {
            close(listeners)
            throw error
        }
        let counters = ServerCounters()
        let drops = DropLog("connection dropped", "connections", .info, logger)
        let resets = ResetLog("call reset", "calls", .debug, logger)
        let part = configuration.divided(by: loops.count)
        let workers = zip(loops, tables).map { loop, methods in
            let routes = Routes(
                methods: methods, http: HTTPRoutes(of: http, on: loop), pool: pool)
            return LoopBound(
                Worker(on: loop, part, routes, counters, drops, resets, logger), on: loop)
        }
        for (worker, listener) in zip(workers, listeners) {
            let others = workers.filter { $0.loop !== worker.loop }
            worker.loop.post {
                worker.loop.add(worker.value)
                worker.value.admission.listen(FileDescriptor(owning: listener), others: others)
            }
        }
        return GRPCServer(
            address: bound, counters: counters, drops: drops, resets: resets, workers: workers)
    }

    /// Makes a listener for each loop, or none: the caller owns them.
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
        workers: [LoopBound<Worker>]
    ) {
        self.address = address
        self.counters = counters
        self.drops = drops
        self.resets = resets
        self.workers = workers
    }

    /// Has connections that come from now on use these certificates; those that are there keep theirs.
    package func use(_ tls: TLSContext) {
        for worker in workers {
            worker.loop.post { worker.value.tls.context = tls }
        }
    }

    /// Accepts no more connections, lets the calls under way finish, and asks every client to leave. What is still there
    /// after `deadline` is cut off. `completion` is called on some loop when all are gone, with the number of calls that
    /// were cut off.
    package func stop(
        within deadline: Duration, completion: @escaping @Sendable (_ cutCalls: Int) -> Void
    ) {
        let stop = PendingStop(workers: workers.count, completion)
        for worker in workers {
            worker.loop.post {
                let (value, loop) = (worker.value, worker.loop)
                let timer = loop.schedule(at: loop.now + deadline) { value.stopAtOnce() }
                value.stopGracefully { cutCalls in
                    // Or the timer would hold the worker until the deadline.
                    loop.cancel(timer)
                    stop.workerStopped(cutCalls: cutCalls)
                }
            }
        }
    }
}

/// A stop of a server, until its last worker has stopped.
private final class PendingStop: Sendable {
    private let workers: Atomic<Int>
    private let cutCalls = Atomic<Int>(0)
    private let completion: @Sendable (Int) -> Void

    init(workers: Int, _ completion: @escaping @Sendable (Int) -> Void) {
        self.workers = Atomic(workers)
        self.completion = completion
    }

    func workerStopped(cutCalls count: Int) {
        cutCalls.add(count, ordering: .relaxed)
        guard workers.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
        completion(cutCalls.load(ordering: .relaxed))
    }
}
