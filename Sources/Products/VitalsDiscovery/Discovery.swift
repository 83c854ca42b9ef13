// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import DiscoveryClient
import EventLoops
import InstanceRegistry
import Synchronization
import SystemIO

/// Finds the instances of services, and shares calls out among them.
///
/// ```swift
/// let discovery = try Discovery(DiscoverySource("redis://127.0.0.1"))
/// let answer = try await discovery.call("chat") { instance in
///     try await client(of: instance.address).infer(prompt)
/// }
/// ```
/// What is found stays known: the source tells of changes, and a source that cannot be asked takes nothing away. A look-up of what
/// is known takes no loop and no task. From any thread. It ends with ``stop()``, or when nothing refers to it any more.
public final class Discovery: Sendable {
    /// What is on the loop, once that has made it.
    final class Slot {
        var content: DiscoveryLoop?
    }

    private struct State {
        var isStopped = false
        var latestNumber = 0
    }

    /// Where instances are found.
    public let source: DiscoverySource
    let services: FoundServices
    let metrics: DiscoveryMetrics
    private let group: EventLoopGroup
    private let running: LoopBound<Slot>
    private let state = Mutex(State())

    /// Begins to look for services when they are asked for. Throws when an instance of the options cannot be one, or the system
    /// allows no thread.
    public convenience init(
        _ source: DiscoverySource, _ options: DiscoveryOptions = DiscoveryOptions()
    ) throws(DiscoveryError) {
        try self.init(source, options, MetricsSystem.factory)
    }

    init(
        _ source: DiscoverySource, _ options: DiscoveryOptions, _ factory: any MetricsFactory
    ) throws(DiscoveryError) {
        if let fault = source.fault ?? options.fault { throw DiscoveryError(fault) }
        do {
            group = try EventLoopGroup(count: 1, name: "discovery")
        } catch {
            throw DiscoveryError("cannot start a thread for discovery: \(error.text)")
        }
        let loop = group.loops[0]
        self.source = source
        services = FoundServices(options.ofFinder.balancing)
        metrics = DiscoveryMetrics(from: options.from, factory)
        running = LoopBound(Slot(), on: loop)
        loop.post { [running, services, metrics] in
            running.value.content = DiscoveryLoop(source, options, services, metrics, on: loop)
        }
    }

    deinit { stop() }

    /// Forgets everything, and ends all streams. Calls under way go on.
    public func stop() {
        let isFirst = state.withLock { state in
            defer { state.isStopped = true }
            return !state.isStopped
        }
        guard isFirst else { return }
        running.loop.post { [running] in
            running.value.content?.close()
            running.value.content = nil
        }
        group.stop()
    }

    /// Has the loop do something; false when it was stopped, and then nothing is done.
    func onLoop(_ action: @escaping @Sendable (DiscoveryLoop) -> Void) -> Bool {
        // Within the lock: what comes before the stop is done.
        state.withLock { state in
            if state.isStopped { return false }
            running.loop.post { [running] in running.value.content.map(action) }
            return true
        }
    }

    /// A number for a stream or a registration.
    func nextNumber() -> Int {
        state.withLock { state in
            state.latestNumber += 1
            return state.latestNumber
        }
    }

    // MARK: Look-ups

    /// The instances of a service that can be used now; with `tags` those that have all of them. Of a service that is not known
    /// yet the source is asked, for `limit` at most.
    public func instances(
        of service: String, tags: [String] = [], within limit: Duration = .seconds(2)
    ) async -> ServiceList {
        if let found = services.found(service, at: .now()) {
            metrics.hit(service)
            return ServiceList(found, tags: tags, at: .now())
        }
        if let fault = Instance.serviceFault(service) { return ServiceList(failure: fault) }
        let begin = MonotonicTime.now()
        let found: FoundInstances? = await withCheckedContinuation { continuation in
            let isAsked = onLoop { loop in
                loop.find(service, within: limit) { continuation.resume(returning: $0) }
            }
            if !isAsked { continuation.resume(returning: nil) }
        }
        guard let found else { return ServiceList(failure: "the discovery was stopped") }
        metrics.missed(service, .now() - begin)
        return ServiceList(found, tags: tags, at: .now())
    }

    /// The instances of a service now, and after each change. A reader that is behind gets the newest list. Ends with ``stop()``.
    public func changes(of service: String) -> AsyncStream<ServiceList> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            if let fault = Instance.serviceFault(service) {
                continuation.yield(ServiceList(failure: fault))
                return continuation.finish()
            }
            let number = nextNumber()
            continuation.onTermination = { [weak self] _ in
                _ = self?.onLoop { $0.removeStream(number, service) }
            }
            if !onLoop({ $0.add(number, service, continuation) }) { continuation.finish() }
        }
    }
}
