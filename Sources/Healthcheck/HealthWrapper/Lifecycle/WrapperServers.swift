// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import EventLoops
import Explaining
import GRPCHealth
import GRPCReflection
import GRPCTransport
import HTTP2Wire
import HTTPRouting
import Heartbeats
import JSONHealth
import Logging
import Registering
import ServedRegistry
import Settings
import StatusBoard
import StatusPages
import StatusSite
import SystemIO

/// Serves the health of the command: at the port, for operators, and for `healthcheck status`. Belongs to the loop.
final class WrapperServers {
    private(set) var servers: [(name: String, server: GRPCServer)] = []
    /// Held: without that it would stop.
    private var status: JSONHealthServer?
    private let state: WrapperState
    private let group: EventLoopGroup
    private let loop: EventLoop
    private var removals: [() -> Void] = []
    private let connections = OpenConnections()
    private let registrations: RegistrationFigures?

    /// Few clients have a reason to come here: probes, a collector of metrics, a person.
    static let maxConnections = 64
    /// Of a registry clients keep a connection for each service that they watch.
    static let maxRegistryConnections = 512

    init(_ state: WrapperState, _ registrations: RegistrationFigures?, on loop: EventLoop) {
        self.state = state
        self.registrations = registrations
        self.loop = loop
        group = EventLoopGroup(of: loop)
    }

    /// Serves at what was bound. Reports of heartbeats are taken at each place: where everybody may ask, with a token.
    func start(
        _ places: consuming WrapperPlaces, metrics: any HTTPService, heartbeats: HeartbeatDesk,
        registry: RegistryServer?,
        report: @escaping @Sendable () -> () -> any JSONHealthDocument
    ) throws(SystemCallError) {
        if let place = places.port.take() {
            let reports: [any HTTPService] =
                heartbeats.hasTokens ? [HeartbeatService(heartbeats, asksForToken: true)] : []
            let found = registry?.publicPages ?? []
            try serve(place, "port", found + [metrics] + reports + pages(for: .everybody), registry)
        }
        if let place = places.admin.take() {
            let explanation = ExplanationPage(state.board, state.history)
            let reports: [any HTTPService] =
                heartbeats.isEmpty
                ? []
                : [
                    GuardedPages(
                        [HeartbeatService(heartbeats, asksForToken: false)], against: .otherSites)
                ]
            let pages =
                (registry?.adminPages ?? []) + [metrics, explanation] + reports
                + pages(for: .operators)
            // No browser reaches a Unix socket.
            let isSocket = place.side?.path != nil
            try serve(
                place, "admin", isSocket ? pages : [GuardedPages(pages, against: .otherNames)],
                registry)
        }
        if let place = places.status.take() {
            removals.append(place.removal)
            // An abstract name has no permissions: every process of the network could report.
            let take = place.side == nil ? nil : heartbeats.takeJSON
            status = JSONHealthServer.start(
                with: place.take(), on: loop, takeHeartbeat: take, makeReport: report)
        }
    }

    private func serve(
        _ place: consuming WrapperPlaces.Place, _ name: String, _ pages: [any HTTPService],
        _ registry: RegistryServer?
    ) throws(SystemCallError) {
        removals.append(place.removal)
        let configuration = Self.configuration(of: registry)
        let server = try GRPCServer.start(
            with: place.take(), on: group,
            services: [HealthService(state.reporter), ReflectionService()], http: pages,
            configuration: configuration, logger: state.logger)
        servers.append((name, server))
        connections.add(server, for: name, limit: configuration.capacity.maxConnections)
        state.logger.info(
            "listening", metadata: ["address": "\(server.address.text)", "for": "\(name)"])
    }

    private func pages(for audience: PageAudience) -> [any HTTPService] {
        let service = StatusReport.Service(
            name: state.name, version: Vitals.version, started: state.startTime)
        let source = SiteSource(
            service, board: state.board, history: state.history,
            figures: { [connections, registrations] in
                SiteFigures(
                    connections: connections.figures, registrations: registrations?.places ?? [])
            })
        return [
            HealthPages(state.board, of: state.identity, for: audience),
            StatusPage(source, for: audience),
        ]
    }

    /// The limits of a server that must not cost the command its memory.
    private static func configuration(of registry: RegistryServer?) -> ServerConfiguration {
        var configuration = ServerConfiguration()
        let connections = registry == nil ? maxConnections : maxRegistryConnections
        configuration.capacity.maxConnections = connections
        configuration.capacity.reservedConnections = 8
        configuration.capacity.maxStreamingCalls = connections
        configuration.capacity.maxStreamingCallsPerConnection = 16
        configuration.capacity.maxRequestBytesPerConnection = 64 << 10
        configuration.capacity.maxHeldBytes = registry == nil ? 8 << 20 : 32 << 20
        configuration.settings.maxConcurrentStreams = 32
        return configuration
    }

    /// Lets answers that are under way be delivered, for so long at most; then calls `completion`, on the loop.
    func stop(within limit: Duration, _ completion: @escaping () -> Void) {
        for removal in removals { removal() }
        removals = []
        state.reporter.endWatches()
        stop(servers.count, by: .now() + limit, completion)
    }

    private func stop(_ count: Int, by deadline: MonotonicTime, _ completion: @escaping () -> Void)
    {
        guard count > 0 else { return completion() }
        let home = LoopBound((self, completion), on: loop)
        servers[count - 1].server.stop(within: max(.zero, deadline - .now())) { _ in
            home.loop.post {
                let (servers, completion) = home.value
                servers.stop(count - 1, by: deadline, completion)
            }
        }
    }
}
