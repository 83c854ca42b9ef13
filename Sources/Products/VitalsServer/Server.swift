// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import GRPCTransport
public import Logging
import Synchronization
import SystemIO
public import TLSWire

/// A gRPC server with threads of its own: an event loop for each core, and threads for handlers.
///
/// It serves from its start until it is stopped:
/// ```swift
/// let server = try Server.start(port: 50051, services: [greeter])
/// await server.runUntilSignal()
/// ```
public final class Server: Sendable {
    private let server: GRPCServer
    private let group: EventLoopGroup
    private let services: [ServiceDefinition]
    private let drainTimes: DrainTimes
    private let logger: Logger
    private let drainTask = Mutex<Task<Void, Never>?>(nil)
    private let cutCalls = OneTimeValue<Int>()

    /// Where it listens, such as `127.0.0.1:50051` or `[::1]:50051`.
    public var address: String { server.address.text }

    /// The port; with port 0 asked for, the one that the kernel chose.
    public var port: Int { Int(server.address.port ?? 0) }

    /// Listens at `host`, an address or a name, and serves. An empty host is every interface, and port 0 is a free port.
    /// With `tls` clients have to speak TLS.
    public static func start(
        host: String = "", port: Int, tls: TLSServerConfiguration? = nil,
        services: [ServiceDefinition], drain: DrainTimes = DrainTimes(),
        logger: Logger = Logger(label: "vitals")
    ) throws(ServerStartError) -> Server {
        guard let number = UInt16(exactly: port),
            let addresses = ListenAddress.candidates(host: host, port: number)
        else { throw ServerStartError("\(host):\(port) is no address to listen on") }
        var configuration = ServerConfiguration()
        configuration.tls = try tls.map(ServerStartError.makeContext)
        return try ServerStartError.wrap("cannot listen on \(host):\(port)") {
            () throws(SystemCallError) in
            let group = try EventLoopGroup(count: EventLoopGroup.coreCount)
            do throws(SystemCallError) {
                let server = try ListenAddress.first(of: addresses) {
                    address throws(SystemCallError) in
                    try GRPCServer.start(
                        at: address, on: group, services: services.map(DefinedService.init),
                        http: services.flatMap(\.pages), configuration: configuration,
                        logger: logger)
                }
                for service in services { service.started(server) }
                return Server(server, group, services, drain, logger)
            } catch {
                group.stop()
                throw error
            }
        }
    }

    private init(
        _ server: GRPCServer, _ group: EventLoopGroup, _ services: [ServiceDefinition],
        _ drainTimes: DrainTimes, _ logger: Logger
    ) {
        self.server = server
        self.group = group
        self.services = services
        self.drainTimes = drainTimes
        self.logger = logger
        logger.info("listening", metadata: ["address": "\(server.address.text)"])
    }

    /// Gives these certificates to connections that come from now on; those that are open keep theirs.
    public func use(_ tls: TLSServerConfiguration) throws(TLSCredentialsError) {
        server.use(try TLSContext.server(tls))
    }

    // MARK: The end

    /// Serves until the graceful shutdown has ended that ``beginGracefulShutdown()`` begins, or the cancellation of this task.
    /// Returns the number of calls that were cut off.
    @discardableResult
    public func run() async -> Int {
        await withTaskCancellationHandler {
            await cutCalls.wait()
        } onCancel: {
            beginGracefulShutdown()
        }
    }

    /// ``run()`` for a program of its own: SIGTERM or SIGINT begins the graceful shutdown, a second signal stops at once. A server
    /// that cannot watch for signals logs that, and stops.
    @discardableResult
    public func runUntilSignal() async -> Int {
        let loop = group.loops[0]
        let signals = [SIGTERM, SIGINT]
        SignalSource.collect(signals)
        loop.post { [self] in
            watch { () throws(SystemCallError) in
                // The loop keeps it.
                _ = try SignalSource(signals, on: loop) { [self] _ in
                    if drainTask.withLock({ $0 }) == nil {
                        beginGracefulShutdown()
                    } else {
                        stopAtOnce()
                    }
                }
            }
        }
        return await run()
    }

    /// Begins to watch for signals, which threads do not take any more: where that fails they would be lost, and the server stops.
    func watch(_ beginning: () throws(SystemCallError) -> Void) {
        do throws(SystemCallError) {
            try beginning()
        } catch {
            logger.error("signals cannot be watched", metadata: ["reason": "\(error.text)"])
            stopAtOnce()
        }
    }

    /// Begins to stop: health is NOT_SERVING; clients are served for the grace period, or until none is connected; then
    /// the calls under way have until the deadline. From any thread; a second time it does nothing.
    public func beginGracefulShutdown() {
        drainTask.withLock { task in
            if task == nil { task = Task { await drain() } }
        }
    }

    /// ``beginGracefulShutdown()``, and ``run()`` to its end.
    @discardableResult
    public func stop() async -> Int {
        beginGracefulShutdown()
        return await cutCalls.wait()
    }

    /// Cuts off the calls under way. From any thread.
    public func stopAtOnce() {
        beginGracefulShutdown()
        drainTask.withLock { $0?.cancel() }
    }

    private func drain() async {
        let start = ContinuousClock.now
        logger.notice("draining")
        for service in services { service.drainBegan() }
        // The sleep throws when it is cancelled: then all of this is over at once.
        while server.counters.connections > 0, ContinuousClock.now < start + drainTimes.grace {
            do { try await Task.sleep(for: .milliseconds(50)) } catch { break }
        }
        for service in services { service.graceEnded() }
        let timeLeft = max(.zero, start + drainTimes.deadline - ContinuousClock.now)
        let count = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                server.stop(within: Task.isCancelled ? .zero : timeLeft) {
                    continuation.resume(returning: $0)
                }
            }
        } onCancel: {
            server.stop(within: .zero) { _ in }
        }
        group.stop()
        logger.notice("stopped", metadata: ["calls_cut_off": "\(count)"])
        cutCalls.set(count)
    }
}
