// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Exposition
import GRPCTransport
import HTTPRouting
import OTLPExport
import Registering
import Scraping
import ServedRegistry
import SkillServices
import StatusBoard
import SystemIO
import Telemetry

/// All metrics of the runtime, for pages and for pushes. Belongs to the control loop.
final class RuntimeMetrics {
    /// The factory of swift-metrics: what a backend counts appears with the rest.
    let registry = MetricsRegistry(reserved: RuntimeMetrics.families)
    /// Collects them.
    private(set) lazy var collector = MetricsCollector(sources, on: control)
    /// `GET /metrics`.
    private(set) lazy var page = MetricsPage(collector, on: control)
    /// What became of pushes, where metrics are pushed.
    let pushes = PushCounters()
    /// Once the runtime listens at its port.
    var skill: SkillService?
    private let control: EventLoop
    private let process: ProcessFamilies
    private weak var runtime: Runtime?

    /// For this runtime, which holds it.
    init(of runtime: Runtime, startTime: MonotonicTime) {
        self.runtime = runtime
        self.control = runtime.control
        self.process = ProcessFamilies(startTime: startTime)
    }

    /// Every family of the runtime's own, without values.
    static let families =
        HealthFamilies.all + ConnectionFamilies.all + CallFamilies.all + LoopFamilies.all
        + ModelFamilies.all + InferenceFamilies.all + MemoryFamilies.all + ProgramFamilies.all
        + ProcessFamilies.all + PushCounters.all + RegistrationFamilies.all
        + RegistryFamilies.all

    private var sources: [any MetricSource] {
        [
            DirectSource { [weak runtime] in
                guard let state = runtime?.state else { return [] }
                return HealthFamilies.read(
                    state.board.snapshot, state.healthChanges, durations: state.board.durations)
            },
            ServerSource(
                { [weak self] in self?.listeners ?? [] }, lags: { [weak self] in self?.lags ?? [] }),
            DirectSource { [weak self] in self?.read() ?? [] },
            DirectSource { [registry] in registry.families },
        ]
    }

    /// What is known on the control loop.
    private func read() -> [MetricFamily] {
        guard let runtime else { return [] }
        return ModelFamilies.read(runtime.state.models)
            + (skill.map { InferenceFamilies.read($0) } ?? [])
            + MemoryFamilies.read(runtime.state, runtime.options.memory.limits)
            + ProgramFamilies.read(runtime, registry) + process.read()
            + (runtime.options.push == nil ? [] : pushes.families)
            + RegistrationFamilies.read(runtime.companions.registrar?.figures)
            + RegistryFamilies.read(runtime.companions.registry?.desk)
    }

    private var listeners: [ServerSource.Listener] {
        guard let runtime else { return [] }
        let side = runtime.sideServers.servers.map { side in
            (name: side.purpose, server: side.server)
        }
        return (runtime.server.map { [("port", $0)] } ?? []) + side
    }

    private var lags: [(loop: String, lag: Duration)] {
        runtime?.companions.loops?.lags(at: .now()).map { (Self.label(ofLoop: $0.name), $0.lag) }
            ?? []
    }

    /// The watchdog's names are for sentences.
    private static func label(ofLoop name: String) -> String {
        switch name {
        case "the control loop": "control"
        case "the loop of --health-addr": "health"
        default: name.hasPrefix("loop ") ? String(name.dropFirst(5)) : name
        }
    }
}
