// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Exposition
import Logging
import Registering
import Scraping
import ServedRegistry
import StatusBoard
import Telemetry

/// All metrics of the wrapper, and with --scrape those of the command behind them. Belongs to the loop.
///
/// The wrapper has no `process_` metrics of itself: those names are the command's.
final class WrapperMetrics {
    /// `GET /metrics`.
    private(set) lazy var page = MetricsPage(collector, on: loop)
    private lazy var collector = MetricsCollector(
        sources, on: loop, patience: scrape == nil ? .seconds(1) : timeout + .seconds(1),
        lifetime: scrape == nil ? .zero : Self.lifetime)
    private let state: WrapperState
    private let servers: WrapperServers
    private let child: ChildFamilies
    private let registrations: RegistrationFigures?
    private let registry: RegistryServer?
    private let scrape: ScrapeSource?
    private let timeout: Duration
    /// Who asks for the metrics again within this time gets the same page: the command's own is not fetched and read again.
    private static let lifetime = Duration.seconds(1)
    private let loop: EventLoop

    /// Every family of the wrapper's own, without values.
    static let families =
        HealthFamilies.all + ConnectionFamilies.all + CallFamilies.all + LoopFamilies.all
        + BuildFamilies.all + ChildFamilies.all + ScrapeSource.all + RegistrationFamilies.all
        + RegistryFamilies.all

    init(
        _ state: WrapperState, _ servers: WrapperServers, _ child: ChildFamilies,
        _ options: WrapperOptions.Scrape, _ registrations: RegistrationFigures? = nil,
        _ registry: RegistryServer? = nil, on loop: EventLoop
    ) {
        self.registrations = registrations
        self.registry = registry
        self.state = state
        self.servers = servers
        self.child = child
        self.loop = loop
        timeout = options.timeout
        scrape = options.url.map { url in
            ScrapeSource(
                url, within: options.timeout, taken: ScrapedFamilies.names(of: Self.families),
                board: state.board, on: loop, logger: state.logger)
        }
    }

    private var sources: [any MetricSource] {
        let own: [any MetricSource] = [
            DirectSource { [state] in HealthFamilies.read(state.board.snapshot, state.changes) },
            ServerSource { [servers] in servers.servers },
            DirectSource { [state, child, registrations, registry] in
                let lost = (state.logger.handler as? LogOutput)?.lostLineCount
                return BuildFamilies.read(lostLines: lost) + child.read()
                    + RegistrationFamilies.read(registrations)
                    + RegistryFamilies.read(registry?.desk)
            },
        ]
        // Last: it may take as long as it likes.
        return own + [scrape].compactMap(\.self)
    }
}
