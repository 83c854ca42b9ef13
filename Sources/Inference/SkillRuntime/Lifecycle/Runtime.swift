// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import CLinux
import EventLoops
import GRPCHealth
import GRPCTransport
import HostMemory
import Inference
import Logging
import Models
import OpenAIBackend
import SystemIO
import TLSWire

/// The runtime's life: starting -> running -> draining -> stopped. It has the models loaded and watched, looks at
/// the memory, carries out orders, and brings the server to its end.
///
/// Belongs to the control loop, which runs on the main thread and serves no requests.
public final class Runtime {
    let options: RuntimeOptions
    let reporter = HealthReporter()
    let state: RuntimeState
    let control: EventLoop
    let logger: Logger
    var server: GRPCServer?
    /// Those that listen beside it.
    var sideServers: [SideServer] = []
    /// Of the server for health alone.
    var healthLoop: EventLoop?
    /// Zero unless requests were cut off; for the process to exit with.
    public internal(set) var exitCode: CInt = 0
    private var memory = AvailableMemory()
    private let processMemory = ProcessMemory()
    private var gate: MemoryGate
    let certificates: LoopBound<ServerCertificates>?
    private let firstTLS: TLSContext?
    let upstream: UpstreamAccess?
    var upstreamHealth: UpstreamHealth?
    let files: EventLoop
    let library: LoopBound<ModelLibrary>
    private var watchdog: Watchdog?

    /// Between looks at the memory, and at the files of the certificates.
    static let lookInterval = Duration.seconds(1)

    /// A runtime that has not begun; every name but liveness is NOT_SERVING. With certificates it will serve TLS.
    package init(
        _ options: RuntimeOptions, certificates: ServerCertificates? = nil,
        upstream: UpstreamAccess? = nil, control: EventLoop, startTime: MonotonicTime,
        logger: Logger
    ) throws(SystemCallError) {
        self.upstream = upstream
        self.options = options
        self.firstTLS = certificates?.context
        self.control = control
        self.logger = logger
        self.gate = MemoryGate(options.memoryLimits)
        self.state = RuntimeState(
            startTime: startTime, conditions: options.firstConditions, reporter: reporter,
            logger: logger)
        let files = try EventLoopGroup(count: 1).loops[0]
        self.files = files
        self.certificates = certificates.map { LoopBound($0, on: files) }
        self.library = LoopBound(
            ModelLibrary(
                options.modelSources, options.modelRules, delegate: state.modelDelegate,
                loop: files, logger: logger),
            on: files)
    }

    deinit {
        watchdog?.stop()
        healthLoop?.stop()
        files.stop()
    }

    /// On whichever port.
    var healthService: HealthService {
        HealthService(reporter, reasonAudience: options.reasonCodes)
    }

    /// Listens, then has the models loaded: whoever asks meanwhile is told NOT_SERVING. The rest happens on the
    /// control loop. Throws when the address cannot be had.
    public func start(on group: EventLoopGroup, at address: SocketAddress) throws(SystemCallError) {
        let services: [any GRPCService] = [
            healthService,
            makeSkillService(),
            OpenInferenceService(state: state),
        ]
        var configuration = options.server
        configuration.tls = firstTLS
        let server = try GRPCServer.start(
            at: address, on: group, services: services, configuration: configuration,
            logger: logger)
        self.server = server
        tellOfStart(server)
        watchUpstream()
        // First, or a load that is faster would be told to the log as not serving for want of a look.
        look()
        let library = library
        files.post {
            clinux_name_thread("files")
            library.value.loadAll()
        }
        watchCertificates()
        try startWatchdog(group)
    }

    /// The first lines of the log: a server that cannot start says why, and nothing else.
    private func tellOfStart(_ server: GRPCServer) {
        logger.info(
            "starting",
            metadata: [
                "version": "\(Vitals.fullVersion)", "name": "\(options.skill)",
                "settings": .dictionary(options.changedSettings),
            ])
        for side in sideServers {
            let address = side.server.address.text
            logger.info("listening for \(side.purpose)", metadata: ["address": "\(address)"])
        }
        logger.info("listening", metadata: ["address": "\(server.address.text)"])
    }

    private func makeSkillService() -> SkillService {
        let looks = LoopBound(QueueLooks(state: state, control: control), on: control)
        let queue = InferenceQueue(
            workers: options.workers, depth: options.queueDepth, readyDepth: options.maxQueueDepth,
            share: options.maxQueueShare,
            onLengthChange: { queue in looks.loop.post { looks.value.look(at: queue) } })
        return SkillService(
            state: state, queue: queue, timeLimit: options.inferTimeout,
            makeBackend: { [options, upstream] loop in
                if let upstream { return upstream.backend(on: loop) }
                return StubBackend(tokenDelay: options.stubTokenDelay, loop: loop)
            })
    }

    private func startWatchdog(_ group: EventLoopGroup) throws(SystemCallError) {
        var loops = [("the control loop", control)]
        if let healthLoop { loops.append(("the loop of --health-addr", healthLoop)) }
        for (index, loop) in group.loops.enumerated() { loops.append(("loop \(index)", loop)) }
        let watchdog = Watchdog(
            loops, files: files, state: state,
            stallAfter: options.stallAfter > .zero ? options.stallAfter : nil)
        try watchdog.start()
        self.watchdog = watchdog
    }

    // MARK: Orders

    /// What an operator can ask for by a signal, and whoever embeds the runtime.
    public enum Order: Sendable {
        /// The models' files, and those of the model server's key and CAs.
        case reload
        /// The files of certificates and keys.
        case reread
        case toggleMaintenance
        /// A drain; the second one ends at once.
        case terminate
    }

    /// Gives orders from any thread; they are carried out on the control loop, in their order.
    public var orders: @Sendable (Order) -> Void {
        let bound = LoopBound(self, on: control)
        return { order in bound.loop.post { bound.value.handle(order) } }
    }

    /// Carries out an order; called on the control loop.
    public func handle(_ order: Order) {
        // What is ending changes no more, but its end can be hastened.
        if state.current.isDraining, order != .terminate { return }
        let library = library
        switch order {
        case .reload:
            files.post { [upstream, logger] in
                library.value.reloadAll()
                if let upstream { Self.reload(upstream, logger) }
            }
        case .reread: reread()
        case .toggleMaintenance:
            state.update { snapshot in
                snapshot.conditions.isInMaintenance.toggle()
                let isOn = snapshot.conditions.isInMaintenance
                snapshot.tell(.notice, "maintenance", ["state": isOn ? "on" : "off"])
            }
        case .terminate: state.current.isDraining ? stopAtOnce() : drain()
        }
    }

    private func reread() {
        reloadCertificates()
        if let upstream { files.post { [logger] in Self.reload(upstream, logger) } }
        if certificates == nil, upstream == nil {
            logger.notice("nothing to read again", metadata: ["hint": "SIGUSR1 reloads the models"])
        }
    }

    // MARK: Looks

    /// Now, and every second from then on.
    private func look() {
        if let resident = try? processMemory.residentBytes() {
            state.residentBytes.store(resident, ordering: .relaxed)
        }
        let verdict = lookAtMemory()
        state.update { $0.conditions.memory = verdict }
        _ = control.schedule(at: .now() + Self.lookInterval) { [weak self] in self?.look() }
    }

    private func lookAtMemory() -> Conditions.Memory {
        guard options.minAvailableRAM > 0 else { return .notRequired }
        var observation = MemoryGate.Observation()
        do throws(MemoryError) {
            observation.available = try memory.sample().availableBytes
            observation.pressure = memory.pressure
        } catch {
            observation.reason = error.text
        }
        return Conditions.Memory(gate.evaluate(observation, at: .now()))
    }
}
