// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

public import CoreMetrics
import EventLoops
import Exposition
import GRPCTransport
import HTTPRouting
import Scraping
import Synchronization
import SystemIO
import Telemetry

/// What a program and its servers count, for `GET /metrics`: Prometheus' text format, or OpenMetrics for those who
/// prefer it.
///
/// ```swift
/// let metrics = ServerMetrics()
/// MetricsSystem.bootstrap(metrics.factory)
/// let server = try Server.start(port: 50051, services: [greeter, .metrics(metrics)])
/// ```
/// The page has the calls, connections and loops of each server that was started with it, the process, and what the
/// program counts with swift-metrics. The number of series is bounded.
public final class ServerMetrics: Sendable {
    private struct Entry {
        weak var server: GRPCServer?
    }

    private let registry = MetricsRegistry(
        reserved: CallFamilies.all + ConnectionFamilies.all + LoopFamilies.all
            + ProcessFamilies.all)
    private let entries = Mutex<[Entry]>([])
    fileprivate let startTime = MonotonicTime.now()

    /// Metrics without a server.
    public init() {}

    /// The factory to bootstrap swift-metrics with, once in a program.
    public var factory: any MetricsFactory { registry }

    /// Shows what this server counts from now on.
    func add(_ server: GRPCServer) {
        entries.withLock { entries in
            entries.removeAll { $0.server == nil }
            entries.append(Entry(server: server))
        }
    }

    private var servers: [GRPCServer] { entries.withLock { $0.compactMap(\.server) } }

    /// A collector of all of it, for one loop.
    fileprivate func makeCollector(on loop: EventLoop) -> MetricsCollector {
        let process = ProcessFamilies(startTime: startTime)
        return MetricsCollector(
            [
                ServerSource({ [self] in servers.map { ($0.address.text, $0) } }),
                DirectSource { process.read() }, DirectSource { [registry] in registry.families },
            ], on: loop)
    }
}

extension ServiceDefinition {
    /// `GET /metrics` on the server's port.
    public static func metrics(_ metrics: ServerMetrics) -> ServiceDefinition {
        var definition = ServiceDefinition(
            drainBegan: {}, graceEnded: {}, started: { metrics.add($0) })
        definition.add(ServerPage(metrics: metrics))
        return definition
    }
}

/// The page, collected on the loop that is asked.
private struct ServerPage: HTTPService {
    let metrics: ServerMetrics

    func register(in routes: inout HTTPRoutes, on loop: EventLoop) {
        MetricsPage(metrics.makeCollector(on: loop), on: loop).register(in: &routes, on: loop)
    }
}
