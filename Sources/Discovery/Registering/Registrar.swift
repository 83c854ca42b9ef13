// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import HealthProtocol
package import InstanceRegistry
package import Logging
package import StatusBoard
import SystemIO

/// Registers this process in its stores, and keeps it there while its health is judged on this loop. Belongs to the loop.
///
/// It reads the verdicts after each change of the board and every second: a loop that hangs judges nothing, writes nothing, and
/// is forgotten by the stores.
package final class Registrar {
    /// A store to register in.
    package struct Place {
        package let store: any RegistryStore
        /// For people, without secrets.
        package let name: String
        /// How long the store keeps an instance without another write.
        package let timeToLive: Duration

        package init(_ store: any RegistryStore, named name: String, timeToLive: Duration) {
            self.store = store
            self.name = name
            self.timeToLive = timeToLive
        }
    }

    private let board: Board
    private let view: BoardView
    private let loop: EventLoop
    private let logger: Logger
    private let registrations: [Registration]
    private var subscription: BoardView.Subscription?
    private var timer: TimerID?
    private var wait: (isOver: () -> Bool, completion: () -> Void, timer: TimerID)?
    /// What is known of each registration, for metrics and pages.
    package let figures = RegistrationFigures()

    private static let period = Duration.seconds(1)

    /// Registers nothing yet. The status of `instance` follows from the board.
    package init(
        _ instance: Instance, in places: [Place], board: Board, on loop: EventLoop, logger: Logger
    ) {
        self.board = board
        self.loop = loop
        self.logger = logger
        view = board.makeView(on: loop)
        registrations = places.map { place in
            Registration(
                of: instance, in: place.store, named: place.name, timeToLive: place.timeToLive,
                on: loop)
        }
        figures.set(registrations.map(\.report))
        for registration in registrations {
            var earlier = registration.report
            registration.onChange = { [weak self, weak registration] in
                guard let self, let registration else { return }
                self.changed(registration.report, from: earlier)
                earlier = registration.report
            }
        }
    }

    /// Begins.
    package func start() {
        subscription = view.subscribe { [weak self] in self?.judge() }
        tick()
    }

    /// The stores are told that the process drains; `completion` follows when they know, or `limit` is over. Only then should
    /// callers be told.
    package func drain(within limit: Duration, _ completion: @escaping () -> Void) {
        judge()
        for registration in registrations { registration.drain() }
        waitUntil(limit, { $0.hasToldDrain }, completion)
    }

    /// A drain was taken back. What waited for it is called, and is to see that it was.
    package func resume() {
        finishWaiting()
        judge()
        for registration in registrations { registration.resume() }
    }

    /// Takes the process out of the stores, then lets them go; `completion` follows when that is done, or `limit` is over.
    package func end(within limit: Duration, _ completion: @escaping () -> Void) {
        subscription.map { view.end($0) }
        if let timer { loop.cancel(timer) }
        (subscription, timer) = (nil, nil)
        for registration in registrations { registration.end() }
        waitUntil(
            limit, { $0.isOver },
            { [self] in
                for registration in registrations { registration.close() }
                completion()
            })
    }

    // MARK: The loop

    private func tick() {
        judge()
        timer = loop.schedule(at: .now() + Self.period) { [weak self] in self?.tick() }
    }

    private func judge() {
        let status = InstanceStatus(board.snapshot)
        for registration in registrations { registration.judged(status) }
    }

    private func waitUntil(
        _ limit: Duration, _ isDone: @escaping (Registration) -> Bool,
        _ completion: @escaping () -> Void
    ) {
        // What waited for something before gets no answer from its stores any more.
        finishWaiting()
        let isOver = { [registrations] in registrations.allSatisfy(isDone) }
        if isOver() { return completion() }
        let timer = loop.schedule(at: .now() + limit) { [weak self] in self?.finishWaiting() }
        wait = (isOver, completion, timer)
    }

    private func finishWaiting() {
        guard let wait else { return }
        self.wait = nil
        loop.cancel(wait.timer)
        wait.completion()
    }

    private func changed(_ report: RegistrationReport, from earlier: RegistrationReport) {
        figures.set(registrations.map(\.report))
        tellLog(report, earlier)
        tellBoard()
        if wait?.isOver() == true { finishWaiting() }
    }

    private func tellLog(_ report: RegistrationReport, _ earlier: RegistrationReport) {
        var metadata: Logger.Metadata = [
            "store": "\(report.store)", "service": "\(report.key.service)",
            "id": "\(report.key.id)", "address": "\(report.address)",
        ]
        if let failure = report.failure {
            guard failure != earlier.failure else { return }
            metadata["reason"] = "\(failure)"
            return logger.warning(
                "the registry cannot be written: it is tried again", metadata: metadata)
        }
        if report.counts.registrations > earlier.counts.registrations {
            logger.notice("registered", metadata: metadata)
        } else if report.counts.deregistrations > earlier.counts.deregistrations {
            logger.notice("deregistered", metadata: metadata)
        } else if report.counts.repairs > earlier.counts.repairs {
            logger.warning("the registration was changed by another: repaired", metadata: metadata)
        } else if earlier.failure != nil {
            logger.notice("the registry answers again", metadata: metadata)
        }
    }

    /// No health name follows from it: callers that have the address are served all the same.
    private func tellBoard() {
        let failing = registrations.map(\.report).first { $0.failure != nil }
        let outcome = failing.map { report in
            Outcome(
                .degraded, .dependency,
                reason: "the registry \(report.store): \(report.failure ?? "")")
        }
        board.report(outcome ?? .healthy, for: .registry)
    }
}

extension OutcomeName {
    /// Whether the registries have this process as it is.
    package static let registry: OutcomeName = "registry"
}
