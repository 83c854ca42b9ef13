// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckSettings
import ChildProcesses
import DiscoverySettings
import EventLoops
import Heartbeats
import HostMemory
import Logging
import Registering
import ServedRegistry
import ServiceNotify
import StatusBoard
import Supervision
import SystemIO
import Telemetry

/// The wrapper as a process, from its settings to its exit code. It has one thread, the loop: what is not needed before the
/// command runs is made after that.
///
/// 1. ``init(_:_:startTime:)`` binds what is to be served; without it nothing is started.
/// 2. ``run(warnings:)`` blocks signals and starts the command.
/// 3. `serve` makes the board, the checks and the servers.
/// 4. The loop runs until the supervisor says that all is over; answers that are under way are still delivered.
final class WrapperApp {
    let options: WrapperOptions
    private let command: ChildCommand
    private let startTime: MonotonicTime
    private let notify: NotifyListener?
    private let manager: NotifySettings?
    private var places: WrapperPlaces?
    /// What others show to register in the registry that is served.
    private let registryToken: String?
    private var warnings: [String] = []
    private var supervisor: Supervisor?
    private var news: [SupervisionNews] = []
    private var onNews: ((SupervisionNews) -> Void)?
    private var parts: Parts?
    private var exitCode: CInt?

    /// What serves while the command runs.
    private struct Parts {
        let servers: WrapperServers
        let checks: ChildChecks
        let forwarder: NotifyForwarder?
        let metrics: WrapperMetrics
        /// Nil without a registry.
        let registrar: Registrar?
    }

    /// What runs later has run once by then.
    private static let settling = Duration.seconds(5)
    /// For answers that are under way when the command has ended.
    private static let grace = Duration.milliseconds(250)

    /// Binds the sockets.
    init(
        _ options: WrapperOptions, _ command: ChildCommand, startTime: MonotonicTime
    ) throws(WrapperStartError) {
        self.options = options
        self.command = command
        self.startTime = startTime
        registryToken = try Self.registryToken(options)
        let bound = try WrapperPlaces(options.addresses)
        if let problem = bound.statusProblem { warnings.append(problem) }
        if !bound.takesReports {
            warnings += options.health.checks.heartbeats.namesWithoutToken.map { name in
                "the heartbeat \(name) cannot be reported: give --socket a path, set --admin, or give it a token-file"
            }
        }
        places = consume bound
        (notify, manager) = (try? NotifyListener(), Self.serviceManager(&warnings))
    }

    /// Starts the command, and serves until it has ended; the exit code.
    func run(warnings more: [String]) throws(WrapperStartError) -> CInt {
        warnings = more + warnings
        Supervisor.prepare(adoptsOrphans: options.command.isSubreaper)
        let loop = try attempt("make an event loop") { () throws(SystemCallError) in
            try EventLoop()
        }
        let supervisor = Supervisor(
            supervised, options.policy, on: loop,
            news: { [weak self] news in
                if let onNews = self?.onNews { onNews(news) } else { self?.news.append(news) }
            },
            exit: { [weak self] code in self?.ended(code, loop) })
        self.supervisor = supervisor
        try attempt("follow the command") { () throws(SystemCallError) in try supervisor.start() }
        if exitCode == nil {
            serve(supervisor, loop)
            loop.run()
        } else {
            tellFailure()
        }
        return exitCode ?? Wrapper.failure
    }

    /// The command, with a place of our own at which it says how it is.
    private var supervised: SupervisedCommand {
        var supervised = SupervisedCommand(command)
        guard let notify else { return supervised }
        supervised.environment["NOTIFY_SOCKET"] = .some(notify.name)
        // Of our manager's it holds for this process; without it the command takes the time as its own.
        supervised.environment["WATCHDOG_PID"] = .some(nil)
        if options.health.watchdog > .zero {
            let microseconds = options.health.watchdog.wholeNanoseconds / 1000
            supervised.environment["WATCHDOG_USEC"] = .some("\(microseconds)")
        }
        return supervised
    }

    private static func registryToken(
        _ options: WrapperOptions
    ) throws(WrapperStartError) -> String? {
        do throws(ServedRegistryError) {
            return try options.registration.served.readToken()
        } catch {
            throw WrapperStartError(error.text)
        }
    }

    private static func serviceManager(_ warnings: inout [String]) -> NotifySettings? {
        do throws(NotifySettingsError) {
            return try NotifySettings(
                ProgramEnvironment.variables { $0 == "NOTIFY_SOCKET" }, pid: 0)
        } catch {
            warnings.append("the service manager is not notified: \(error.text)")
            return nil
        }
    }

    // MARK: While the command runs

    /// Without memory or descriptors for it the command still runs, and its signals still reach it.
    private func serve(_ supervisor: Supervisor, _ loop: EventLoop) {
        let logger = makeLogger()
        do throws(SystemCallError) {
            try serve(supervisor, loop, logger)
        } catch {
            logger.error("cannot serve the command's health", metadata: ["reason": "\(error.text)"])
        }
    }

    private func serve(
        _ supervisor: Supervisor, _ loop: EventLoop, _ logger: Logger
    ) throws(SystemCallError) {
        ProcessMemory.limitFreeMemory()
        tellWarnings(logger)
        let health = WrapperHealth(options)
        let state = WrapperState(
            health, name: name, options.registration, startTime: startTime, on: loop, logger)
        let child = ChildHealth(health, options, board: state.board, on: loop)
        let allowance = { [weak supervisor] in supervisor?.allowance }
        let families = ChildFamilies(allowance: allowance)
        let registry = options.registration.served.makeServer(token: registryToken, on: loop)
        let registrar = makeRegistrar(state, alsoIn: registry, loop)
        let servers = WrapperServers(state, registrar?.figures, on: loop)
        let metrics = WrapperMetrics(
            state, servers, families, options.scrape, registrar?.figures, registry, on: loop)
        let checks = ChildChecks(options.checks, board: state.board, on: loop, logger: logger)
        let log = SupervisionLog(logger: logger)
        let restarts = RestartWatch(board: state.board, on: loop, allowance)
        onNews = { [notify] news in
            notify?.take(news)
            log.take(news)
            families.take(news)
            restarts.take(news)
            checks.take(news)
            // Also when it was asked before anything was registered.
            if case .stopping(byRequest: true, _) = news { registrar?.drain(within: .zero) {} }
            child.take(news)
        }
        if let registrar {
            // Those who find it in a registry know first; then the command is told, and who asks for its health.
            supervisor.beforeStop = { goOn in registrar.drain(within: Self.grace, goOn) }
        }
        // Also where it decides nothing: a long time of health makes the next restart quick.
        child.onChange = { [weak supervisor] in supervisor?.healthChanged(isHealthy: $0) }
        for item in news { onNews?(item) }
        news = []
        let forwarder = try makeForwarder(loop, logger)
        try notify?.start(on: loop) { datagram in
            child.take(ChildNotification(datagram))
            forwarder?.forward(datagram)
        }
        try startServers(servers, metrics, state, registry, supervisor, loop)
        state.beginLog()
        registrar?.start()
        _ = loop.schedule(at: .now() + Self.settling) { ProcessMemory.unmapProgram() }
        parts = Parts(
            servers: servers, checks: checks, forwarder: forwarder, metrics: metrics,
            registrar: registrar)
    }

    /// Nil without a service manager above us.
    private func makeForwarder(
        _ loop: EventLoop, _ logger: Logger
    ) throws(SystemCallError) -> NotifyForwarder? {
        guard let manager else { return nil }
        return try NotifyForwarder(to: manager, on: loop, logger: logger)
    }

    private func tellWarnings(_ logger: Logger) {
        for warning in warnings {
            logger.warning("a setting needs attention", metadata: ["reason": "\(warning)"])
        }
    }

    private func startServers(
        _ servers: WrapperServers, _ metrics: WrapperMetrics, _ state: WrapperState,
        _ registry: RegistryServer?, _ supervisor: Supervisor, _ loop: EventLoop
    ) throws(SystemCallError) {
        guard let places = places.take() else { return }
        let (board, checks, startTime) = (state.board, options.checks, startTime)
        let (history, supervisor) = (state.history, LoopBound(supervisor, on: loop))
        try servers.start(
            places, metrics: metrics.page, heartbeats: checks.heartbeats, registry: registry
        ) {
            {
                let snapshot = board.snapshot
                let report = CommandReport(snapshot, checks, uptime: .now() - startTime)
                return report.explained {
                    CommandExplanation(
                        snapshot, history.history, supervisor.value, started: startTime, last: $0
                    ).explanation
                }
            }
        }
    }

    /// The name of the program, without its folder.
    private var name: String {
        if !options.name.isEmpty { return options.name }
        let bytes = Array(command.program.utf8)
        let start = bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
        return String(decoding: bytes[start...], as: UTF8.self)
    }

    private func makeLogger() -> Logger {
        let (level, format) = (options.logLevel, LogOutput.format())
        return Logger(label: "healthcheck") { _ in LogOutput(level: level, format: format) }
    }

    // MARK: The end

    private func ended(_ code: CInt, _ loop: EventLoop) {
        exitCode = code
        guard let parts else { return loop.stop() }
        parts.checks.stop()
        let stop = { parts.servers.stop(within: Self.grace) { loop.stop() } }
        if let registrar = parts.registrar {
            registrar.end(within: Self.grace, stop)
        } else {
            stop()
        }
    }

    /// The command could not be started, or has ended before anything was served.
    private func tellFailure() {
        let logger = makeLogger()
        tellWarnings(logger)
        let log = SupervisionLog(logger: logger)
        for item in news {
            guard case .startFailed(let error) = item else {
                log.take(item)
                continue
            }
            StandardStream.error.write(
                "healthcheck: cannot run \(command.program): \(error.failure.errno.text)\n")
        }
    }
}

private func attempt<Value>(
    _ what: String, _ body: () throws(SystemCallError) -> Value
) throws(WrapperStartError) -> Value {
    do throws(SystemCallError) {
        return try body()
    } catch {
        throw WrapperStartError("cannot \(what): \(error.text)")
    }
}
