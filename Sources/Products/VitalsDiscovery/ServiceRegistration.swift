// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import InstanceRegistry
import Registering
import Synchronization
import SystemIO

/// This program in a registry. It stays there while it is judged: the registry forgets what hangs or has crashed after its time to
/// live, and so it does when nothing refers to this object any more.
public final class ServiceRegistration: Sendable {
    private struct State {
        var task: Task<Void, Never>?
        var status: ServiceInstance.Status?
        var failure: String?
    }

    /// As it is registered.
    public let instance: ServiceInstance
    private let discovery: Discovery
    private let number: Int
    private let state = Mutex(State())

    /// How often it is judged: a judgement that is older than three seconds says nothing.
    private static let period = Duration.seconds(1)

    init(
        _ instance: ServiceInstance, _ timeToLive: Duration, in discovery: Discovery,
        _ judge: @escaping @Sendable () async -> ServiceInstance.Status
    ) {
        self.instance = instance
        self.discovery = discovery
        let number = discovery.nextNumber()
        self.number = number
        let name = discovery.source.description
        _ = discovery.onLoop { [weak self] loop in
            loop.register(number, instance.instance, in: name, timeToLive) { self?.told($0) }
        }
        let task = Task { [discovery] in
            while !Task.isCancelled {
                let status = await judge().registered
                let isThere = discovery.onLoop { $0.registration(number)?.judged(status) }
                if !isThere { return }
                // The sleep throws when the task is cancelled.
                try? await Task.sleep(for: Self.period)
            }
        }
        state.withLock { $0.task = task }
    }

    deinit { forget() }

    /// What the registry has; nil while it is not registered.
    public var status: ServiceInstance.Status? { state.withLock { $0.status } }

    /// Why the latest write has failed, for an operator; nil when it has not.
    public var failure: String? { state.withLock { $0.failure } }

    /// Tells the registry that the program drains, whatever it is judged from now on; returns when it knows, or after `limit`. Then
    /// is the time to turn clients away.
    public func drain(within limit: Duration = .milliseconds(500)) async {
        await wait(limit) { $0.drain($1) }
    }

    /// Takes the program out of the registry, for good; returns when that is done, or after `limit`.
    public func end(within limit: Duration = .seconds(2)) async {
        await wait(limit) { $0.end($1) }
        forget()
    }

    private func wait(
        _ limit: Duration,
        _ begin: @escaping @Sendable (OwnRegistration, @escaping () -> Void) -> Void
    ) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isAsked = discovery.onLoop { [number] loop in
                guard let registration = loop.registration(number) else {
                    return continuation.resume()
                }
                var isOver = false
                let finish = {
                    if isOver { return }
                    isOver = true
                    continuation.resume()
                }
                let timer = loop.loop.schedule(at: .now() + limit, finish)
                begin(registration) {
                    loop.loop.cancel(timer)
                    finish()
                }
            }
            if !isAsked { continuation.resume() }
        }
    }

    private func told(_ report: RegistrationReport) {
        state.withLock { state in
            state.status = report.status.map { ServiceInstance.Status($0) }
            state.failure = report.failure
        }
    }

    private func forget() {
        let task = state.withLock { state in
            defer { state.task = nil }
            return state.task
        }
        task?.cancel()
        _ = discovery.onLoop { [number] in $0.forget(number) }
    }
}

extension Discovery {
    /// Registers this program in the source, under the status that `judge` says each second: it is where a program looks whether it
    /// can serve. What is not judged any more is forgotten by the registry. Throws when the source is only read, or the instance
    /// cannot be one.
    public func register(
        _ instance: ServiceInstance,
        judge: @escaping @Sendable () async -> ServiceInstance.Status
    ) throws(DiscoveryError) -> ServiceRegistration {
        guard let timeToLive = source.timeToLive else {
            throw DiscoveryError("\(source) is only read: nothing can be registered there")
        }
        var own = instance.instance
        if !instance.hasOwnID {
            let number = String(UInt32.random(in: 0 ... .max), radix: 16)
            own = own.named("\(own.key.service)-\(number)")
        }
        own.registrationTime = Timestamp.now().milliseconds
        if let fault = own.fault { throw DiscoveryError("it cannot be registered: \(fault)") }
        return ServiceRegistration(ServiceInstance(own), timeToLive, in: self, judge)
    }
}

extension Instance {
    /// The same with another id.
    fileprivate func named(_ id: String) -> Instance {
        var other = Instance(
            InstanceKey(service: key.service, id: id), host: host, port: port, status: status)
        (other.version, other.tags, other.metadata) = (version, tags, metadata)
        other.healthCheckURL = healthCheckURL
        return other
    }
}
