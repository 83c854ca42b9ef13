// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import CLinux
import CheckSettings
import DiscoverySettings
package import EventLoops
import GRPCChannelz
import GRPCHealth
import GRPCReflection
import GRPCTransport
import Inference
import JSONHealth
package import Logging
import Models
package import OpenAIBackend
package import ServiceNotify
import SkillServices
import StatusBoard
import StatusSite
package import SystemIO

/// The runtime's life: starting -> running -> draining -> stopped. It has the models loaded and watched, measures the
/// memory, carries out commands, and brings the server to its end.
///
/// Belongs to the control loop, which runs on the main thread and serves no requests.
package final class Runtime {
    let options: RuntimeOptions
    let state: RuntimeState
    let control: EventLoop
    let logger: Logger
    var server: GRPCServer?
    let sideServers: SideServers
    /// Infer's, of all loops.
    let queue: InferenceQueue
    /// For the status page.
    let figures: FigureSources
    /// What it was asked for.
    var operations = Operations()
    private let certificates: ServerCertificates?
    let upstream: UpstreamWatch?
    let library: LoopBound<ModelLibrary>
    /// What the service depends on; nil without checks.
    let checks: ConfiguredChecks?
    /// What runs beside the server.
    private(set) var companions = Companions()
    private(set) lazy var metrics = RuntimeMetrics(of: self, startTime: state.startTime)

    /// Between two ticks of the control loop's clock.
    private static let tickInterval = Duration.seconds(1)

    /// A runtime that has not begun; every name but liveness is NOT_SERVING. With certificates it will serve TLS.
    package init(
        _ options: RuntimeOptions, certificates: ServerCertificates? = nil,
        upstream: UpstreamAccess? = nil, registryToken: String? = nil,
        serviceManager: NotifySettings? = nil,
        control: EventLoop, startTime: MonotonicTime, logger: Logger
    ) throws(SystemCallError) {
        let state = RuntimeState(
            options.health, startTime: startTime, reporter: HealthReporter(), logger: logger)
        let files = try EventLoopGroup(count: 1).loops[0]
        self.options = options
        self.state = state
        self.control = control
        self.logger = logger
        self.sideServers = SideServers(options, control: control, logger: logger)
        self.certificates = certificates
        self.checks = ConfiguredChecks(
            options.dependencies.checks, board: state.board, on: control, logger: logger)
        self.upstream = upstream.map { UpstreamWatch($0, on: control, state: state) }
        if let upstream { sideServers.tell(of: upstream, state: state) }
        self.queue = Self.makeQueue(options, board: state.board, control: control)
        self.figures = FigureSources(state, queue, options)
        self.library = LoopBound(
            ModelLibrary(
                options.models.sources, options.models.rules, delegate: state.modelDelegate,
                loop: files, logger: logger),
            on: files)
        companions.registry = options.registration.served.makeServer(
            token: registryToken, maxPeerShare: options.server.capacity.maxPeerShare, on: control)
        companions.service = try serviceManager.map { settings throws(SystemCallError) in
            try ServiceReport(
                settings, alive: options.health.aliveInAnyPhase, on: control, state: state)
        }
    }

    /// Nil without a service manager.
    var service: ServiceReport? { companions.service }

    /// Zero unless calls were cut off; for the process to exit with.
    package var exitCode: CInt { operations.exitCode }

    /// The loop of all that reads files: it may wait for a disk.
    var files: EventLoop { library.loop }

    deinit {
        companions.loops?.stop()
        files.stop()
    }

    // MARK: Start

    /// Listens for operators and for health alone, where there are addresses for that; before ``start(on:at:)``.
    package func startAdmin(on group: EventLoopGroup) throws(SystemCallError) {
        try sideServers.startAdmin(
            on: group,
            services: [
                healthService, OpenInferenceService(state: state),
                ModelRepositoryService(ModelRepository(state: state, library: library)),
            ] + reflection, http: adminPages)
    }

    /// Listens for HTTP alone, where there is an address for that.
    package func startHTTP(on group: EventLoopGroup) throws(SystemCallError) {
        try sideServers.startHTTP(on: group, publicPages)
    }

    /// Listens for health alone.
    package func startHealth() throws(SystemCallError) {
        try sideServers.startHealth([healthService] + reflection)
    }

    /// Listens for questions in JSON; after ``startHealth()``, whose loop answers them where there is one.
    package func startJSON(on group: EventLoopGroup) throws(SystemCallError) {
        let loop = sideServers.healthLoop ?? group.loops[0]
        try sideServers.startJSON(on: loop, takeHeartbeat: takeJSONHeartbeat) { [state, queue] in
            let view = state.board.makeView(on: loop)
            return { JSONHealthReport(view.snapshot, of: state, queue.load) }
        }
    }

    /// Listens, then has the models loaded: until then the answer is NOT_SERVING. The rest happens on the control loop.
    /// Throws when it cannot listen there.
    package func start(
        on group: EventLoopGroup, at address: SocketAddress
    ) throws(SystemCallError) {
        var configuration = options.server
        configuration.tls = certificates?.context
        let skill = makeSkillService()
        metrics.skill = skill
        let server = try GRPCServer.start(
            at: address, on: group,
            services: [healthService, skill, OpenInferenceService(state: state)]
                + reflection,
            http: options.network.http == nil ? publicPages : [],
            configuration: configuration, logger: logger)
        self.server = server
        figures.connections.add(server, for: "port", limit: configuration.capacity.maxConnections)
        for side in sideServers.servers {
            let limit = options.network.sideConnections
            figures.connections.add(side.server, for: side.purpose, limit: limit)
        }
        sideServers.channelz.add(server, name: "port")
        logStart(server)
        upstream?.start(on: control)
        // Before the models: the log would tell of a fast load that the memory is not known.
        tick(MemoryCheck(options.memory.limits, state: state))
        files.post { [library] in
            clinux_name_thread("files")
            library.value.loadAll()
        }
        checks?.start()
        watchCertificates(of: server)
        operations.lastPush = try startPush().map { LastPush($0, on: control) }
        try startWatchdog(group)
        service?.start()
        companions.registrar = startRegistering(server)
    }

    /// On each address.
    private var healthService: HealthService {
        HealthService(state.reporter, reasonAudience: options.network.reasonAudience)
    }

    /// What is served at one address, for clients without its files.
    private var reflection: [any GRPCService] {
        options.network.hasReflection ? [ReflectionService()] : []
    }

    private func makeSkillService() -> SkillService {
        SkillService(
            state: state, queue: queue, timeLimit: options.inference.timeout,
            makeBackend: { [options, access = upstream?.access] loop in
                if let access { return access.backend(on: loop) }
                return StubBackend(tokenDelay: options.inference.stubTokenDelay, loop: loop)
            })
    }

    private static func makeQueue(
        _ options: RuntimeOptions, board: Board, control: EventLoop
    ) -> InferenceQueue {
        let check = LoopBound(QueueCheck(board: board, control: control), on: control)
        return InferenceQueue(
            workers: options.inference.workers, depth: options.inference.queueDepth,
            readyDepth: options.inference.maxQueueDepth,
            share: options.inference.maxQueueShare,
            onLengthChange: { queue in check.loop.post { check.value.lengthChanged(of: queue) } })
    }

    private func logStart(_ server: GRPCServer) {
        logger.info(
            "starting",
            metadata: [
                "version": "\(Vitals.fullVersion)", "name": "\(options.models.skill)",
                "settings": .dictionary(options.changedSettings),
            ])
        for (purpose, address) in sideServers.addresses {
            logger.info("listening for \(purpose)", metadata: ["address": "\(address)"])
        }
        logger.info("listening", metadata: ["address": "\(server.address.text)"])
    }

    private func watchCertificates(of server: GRPCServer) {
        guard let certificates else { return }
        let watch = CertificateWatch(
            LoopBound(certificates, on: files), of: server, state: state)
        watch.start()
        companions.certificates = watch
    }

    private func startWatchdog(_ group: EventLoopGroup) throws(SystemCallError) {
        var loops = [("the control loop", control)]
        if let loop = sideServers.healthLoop { loops.append(("the loop of --health-addr", loop)) }
        for (index, loop) in group.loops.enumerated() { loops.append(("loop \(index)", loop)) }
        let stallAfter = options.inference.stallAfter
        let watchdog = Watchdog(
            loops, files: files, state: state,
            stallAfter: stallAfter > .zero ? stallAfter : nil)
        try watchdog.start()
        companions.loops = watchdog
    }

    /// Now, and every second from then on.
    private func tick(_ memory: MemoryCheck) {
        memory.run()
        if let checks { upstream?.countAnswers(for: checks) }
        state.verdictLog.take(state.board.snapshot)
        _ = control.schedule(at: .now() + Self.tickInterval) { [weak self] in
            self?.tick(memory)
        }
    }
}
