// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import DiscoveryClient
import EventLoops
import InstanceChecks
import InstanceRegistry
import Registering
import StatusBoard
import SystemIO

/// What of a ``Discovery`` belongs to its loop: the finder, the health of what it finds, and those who are told.
final class DiscoveryLoop {
    private final class Stream {
        let continuation: AsyncStream<ServiceList>.Continuation
        var latest: ServiceList?

        init(_ continuation: AsyncStream<ServiceList>.Continuation) {
            self.continuation = continuation
        }
    }

    private static let agePeriod = Duration.seconds(5)

    let store: any RegistryStore
    let loop: EventLoop
    private let finder: ServiceFinder
    private let metrics: DiscoveryMetrics
    private let health: DiscoveryOptions.Health
    private var follower: HealthFollower?
    private var streams: [String: [Int: Stream]] = [:]
    private var registrations: [Int: OwnRegistration] = [:]
    private var timer: TimerID?

    init(
        _ source: DiscoverySource, _ options: DiscoveryOptions, _ services: FoundServices,
        _ metrics: DiscoveryMetrics, on loop: EventLoop
    ) {
        self.loop = loop
        self.metrics = metrics
        health = options.health
        store = source.makeStore(loop)
        let fallback = Dictionary(grouping: options.fallback.map(\.instance)) { $0.key.service }
        finder = ServiceFinder(
            in: store, on: loop, options.ofFinder, fallback: fallback, services: services)
        if options.health != .asRegistered { follower = makeFollower(options) }
        finder.onChange = { [weak self] in self?.changed($0) }
        tellAges()
    }

    /// As ``ServiceFinder/find(_:within:_:)``.
    func find(_ service: String, within limit: Duration, _ done: @escaping (FoundInstances) -> Void)
    {
        finder.find(service, within: limit, done)
    }

    /// A call of an instance has failed: it is asked itself, before its time.
    func failed(_ key: InstanceKey) {
        finder.failed(key)
        follower?.ask(key)
    }

    /// Ends all; those who wait are answered.
    func close() {
        if let timer { loop.cancel(timer) }
        timer = nil
        follower?.close()
        for registration in registrations.values { registration.stop() }
        registrations = [:]
        finder.close()
        store.close()
        for stream in streams.values.flatMap(\.values) { stream.continuation.finish() }
        streams = [:]
    }

    // MARK: Registrations

    /// Begins to register an instance; `number` names it.
    func register(
        _ number: Int, _ instance: Instance, in registry: String, _ timeToLive: Duration,
        _ told: @escaping (RegistrationReport) -> Void
    ) {
        let registration = Registration(
            of: instance, in: store, named: registry, timeToLive: timeToLive, on: loop)
        registrations[number] = OwnRegistration(registration, told)
    }

    /// A registration that has not ended.
    func registration(_ number: Int) -> OwnRegistration? { registrations[number] }

    /// Does nothing more for a registration.
    func forget(_ number: Int) { registrations.removeValue(forKey: number)?.stop() }

    // MARK: Streams

    func add(
        _ number: Int, _ service: String, _ continuation: AsyncStream<ServiceList>.Continuation
    ) {
        guard finder.hold(service) else {
            continuation.yield(ServiceList(failure: "too many services are looked for"))
            return continuation.finish()
        }
        streams[service, default: [:]][number] = Stream(continuation)
        tellStreams(of: service)
    }

    func removeStream(_ number: Int, _ service: String) {
        guard streams[service]?.removeValue(forKey: number) != nil else { return }
        if streams[service]?.isEmpty == true { streams[service] = nil }
        finder.release(service)
    }

    private func tellStreams(of service: String) {
        guard let streams = streams[service], let found = finder.known(service) else { return }
        let list = ServiceList(found, at: loop.now)
        // Nothing is known yet: there is nothing to tell.
        if list.origin == .nothing, list.failure == nil { return }
        for stream in streams.values {
            if let latest = stream.latest, latest.isSame(as: list) { continue }
            stream.latest = list
            stream.continuation.yield(list)
        }
    }

    // MARK: News

    private func changed(_ service: String) {
        metrics.tell(service, finder.known(service), at: loop.now)
        follower?.follow(finder.candidates(service).map(followed), of: service)
        tellStreams(of: service)
    }

    private func makeFollower(_ options: DiscoveryOptions) -> HealthFollower {
        var times = HealthFollowerTimes()
        times.interval = max(options.healthInterval, times.shortest)
        var ofHealth = CheckOptions()
        if let ca = options.healthCAPath { ofHealth.add("ca", ca) }
        return HealthFollower(on: loop, times, options: ofHealth) { [weak self] key, result in
            switch result.state {
            case .healthy, .degraded: self?.finder.found(key, isServing: true)
            case .unhealthy: self?.finder.found(key, isServing: false)
            case .unknown: break
            }
        }
    }

    /// The instance with the URL at which it is asked.
    private func followed(_ instance: Instance) -> Instance {
        guard case .watched(let name) = health else { return instance }
        var instance = instance
        instance.healthCheckURL = "grpc://\(instance.address)/\(name)"
        return instance
    }

    /// Ages grow without any news.
    private func tellAges() {
        for service in finder.names {
            metrics.tell(service, finder.known(service), at: loop.now)
        }
        timer = loop.schedule(at: .now() + Self.agePeriod) { [weak self] in self?.tellAges() }
    }
}
