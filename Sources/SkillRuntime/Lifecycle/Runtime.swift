// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCHealth
import GRPCTransport
import Logging
import SystemIO
import TLSWire

/// The runtime's life: starting -> running -> draining -> stopped. It turns what happens (a load, a look at the
/// memory, a signal) into conditions, and tells the reporter what follows.
///
/// Belongs to the control loop, which runs on the main thread and serves no requests.
public final class Runtime {
    private let options: RuntimeOptions
    private let reporter: HealthReporter
    private let state: RuntimeState
    private let control: EventLoop
    private let logger: Logger
    private var memory = AvailableMemory()
    private let certificates: ServerCertificates?
    private let upstream: UpstreamAccess?
    private var upstreamHealth: UpstreamHealth?
    private var server: GRPCServer?

    /// Between looks at the memory, and at the files of the certificates.
    private static let lookInterval = Duration.seconds(1)
    /// Requests that are under way when the grace period ends get this long; Infer never takes longer.
    private static let stopDeadline = Duration.seconds(30)

    /// A runtime that has not begun; every name but liveness is NOT_SERVING. With certificates it will serve TLS.
    public init(
        _ options: RuntimeOptions, certificates: ServerCertificates? = nil,
        upstream: UpstreamAccess? = nil, control: EventLoop, startTime: MonotonicTime,
        logger: Logger
    ) {
        self.upstream = upstream
        self.options = options
        self.certificates = certificates
        self.control = control
        self.logger = logger
        self.reporter = HealthReporter()
        self.state = RuntimeState(startTime: startTime)
        publish()
    }

    /// Listens, then loads the model: whoever asks meanwhile is told NOT_SERVING. Returns when the first load
    /// is over; the rest happens on the control loop. Throws when the address cannot be had.
    public func start(on group: EventLoopGroup, at address: SocketAddress) throws(SystemCallError) {
        let services: [any GRPCService] = [
            HealthService(reporter),
            SkillService(skill: options.skill, state: state, backend: backend(on: group.loops[0])),
        ]
        var configuration = ServerConfiguration()
        configuration.tls = certificates?.context
        let server = try GRPCServer.start(
            at: address, on: group, services: services, configuration: configuration,
            logger: logger)
        self.server = server
        logger.info("listening", metadata: ["address": "\(server.address.text)"])
        watchUpstream()
        load()
        isRunning = true
        lookAtMemory()
        lookAtCertificates()
        publish()
    }

    /// What the operator's signals ask for.
    public enum Order: Sendable { case reload, reloadCertificates, toggleMaintenance, terminate }

    /// Carries out an order; called on the control loop.
    public func handle(_ order: Order) {
        // What is ending changes no more, but its end can be hastened.
        if state.current.isDraining, order != .terminate { return }
        switch order {
        case .reload: reload()
        case .reloadCertificates: certificates.map { use($0.reload()) }
        case .toggleMaintenance:
            state.update { $0.conditions.isInMaintenance.toggle() }
            let isOn = state.current.conditions.isInMaintenance
            logger.notice("maintenance", metadata: ["state": isOn ? "on" : "off"])
            publish()
        case .terminate: state.current.isDraining ? stopAtOnce() : drain()
        }
    }

    // MARK: Model

    private func load() {
        do throws(ModelError) {
            let model = try openModel()
            state.update { $0.use(model) }
            logger.info("model loaded", metadata: description(of: model))
        } catch {
            state.update { $0.conditions.model = .failed(reason: error.reason) }
            logger.error("model not loaded", metadata: ["reason": "\(error.text)"])
        }
    }

    /// Checks the new file first; the old model serves until the new one can, and goes on when it cannot.
    private func reload() {
        do throws(ModelError) {
            let model = try openModel()
            state.update {
                $0.use(model)
                $0.reloadCount += 1
                $0.reloadFailure = nil
            }
            logger.notice("model reloaded", metadata: description(of: model))
        } catch {
            state.update {
                $0.reloadFailure = error.reason
                if $0.model == nil { $0.conditions.model = .failed(reason: error.reason) }
            }
            let serving = state.current.model?.path ?? "none"
            logger.error(
                "reload failed", metadata: ["reason": "\(error.text)", "serving": "\(serving)"])
        }
        publish()
    }

    private func openModel() throws(ModelError) -> ModelFile {
        let locator = try ModelLocator(path: options.explicitModelPath, name: options.skill)
        return try ModelFile(opening: try locator.locate())
    }

    private func description(of model: ModelFile) -> Logger.Metadata {
        [
            "path": "\(model.path)", "name": "\(model.name ?? "")",
            "architecture": "\(model.architecture ?? "")", "tensors": "\(model.tensorCount)",
            "bytes": "\(model.fileSize)",
        ]
    }

    // MARK: Backend

    private func backend(on loop: EventLoop) -> any Backend {
        upstream?.backend(on: loop) ?? StubBackend()
    }

    private func watchUpstream() {
        guard let upstream else { return }
        logger.info("model server", metadata: ["url": "\(upstream.configuration.url.text)"])
        state.update { $0.conditions.upstream = .unknown }
        let health = upstream.health(on: control) { [weak self] health in
            self?.state.update { $0.conditions.upstream = .answered(health) }
            self?.publish()
        }
        upstreamHealth = health
        // The loop does not run yet.
        let bound = LoopBound(health, on: control)
        control.post { bound.value.start() }
    }

    // MARK: Memory

    private func lookAtMemory() {
        guard options.minAvailableRAM > 0 else { return }
        let required = UInt64(options.minAvailableRAM)
        let seen: Conditions.Memory
        do throws(MemoryError) {
            let sample = try memory.sample()
            seen =
                sample.availableBytes >= required
                ? .sufficient : .low(available: sample.availableBytes, required: required)
        } catch {
            seen = .unknown(reason: error.text)
        }
        state.update { $0.conditions.memory = seen }
        publish()
        _ = control.schedule(at: .now() + Self.lookInterval) { [weak self] in
            self?.lookAtMemory()
        }
    }

    // MARK: Certificates

    private func lookAtCertificates() {
        guard let certificates, !state.current.isDraining else { return }
        use(certificates.lookAtFiles())
        _ = control.schedule(at: .now() + Self.lookInterval) { [weak self] in
            self?.lookAtCertificates()
        }
    }

    private func use(_ look: ServerCertificates.Look) {
        switch look {
        case .unchanged: break
        case .replaced(let context):
            server?.use(context)
            logger.notice("certificates reloaded")
        case .refused(let error):
            logger.error(
                "certificates not reloaded",
                metadata: ["reason": "\(error.text)", "serving": "those read before"])
        }
    }

    // MARK: Health

    private var isRunning = false
    private var wasReady: Bool?

    /// Tells the reporter what follows from the conditions, and the log when readiness turned.
    private func publish() {
        let conditions = state.current.conditions
        if state.current.isDraining { return }
        for (name, status) in conditions.statuses { reporter.set(status, for: name) }
        guard isRunning, wasReady != conditions.isReady else { return }
        wasReady = conditions.isReady
        logger.notice(
            conditions.isReady ? "serving" : "not serving",
            metadata: conditions.obstacle.map { ["reason": "\($0)"] } ?? [:])
        if conditions.isReady {
            let sinceStart = MonotonicTime.now() - state.startTime
            state.update { if $0.coldStart == nil { $0.coldStart = sinceStart } }
        }
    }

    // MARK: End

    /// NOT_SERVING first; requests are served for the grace period; then the server stops.
    private func drain() {
        state.update { $0.isDraining = true }
        reporter.shutdown()
        logger.notice("draining", metadata: ["grace": "\(options.drainGrace)"])
        _ = control.schedule(at: .now() + options.drainGrace) { [self] in
            reporter.endWatches()
            guard let server else { return control.stop() }
            server.stop(within: Self.stopDeadline) { [control, logger] in
                logger.notice("stopped")
                control.stop()
            }
        }
    }

    private func stopAtOnce() {
        logger.warning("stopped at once, on the second signal")
        control.stop()
    }
}
