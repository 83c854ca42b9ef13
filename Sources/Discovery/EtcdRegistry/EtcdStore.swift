// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EtcdProtocol
package import EventLoops
package import InstanceRegistry
package import Outbound
import SystemIO

/// Instances in etcd, version 3.4 or later: a key for each, attached to a lease of its own.
///
/// A put renews the lease, and nothing else does. A lease that was lost is granted anew; a key that is different from what was
/// written last is written again.
package final class EtcdStore: RegistryStore {
    private let link: EtcdLink
    private let loop: EventLoop
    private var registrations: [InstanceKey: EtcdRegistration] = [:]
    private var watches: [ObjectIdentifier: EtcdWatch] = [:]

    /// Instances that one store writes, and watches of it, at most.
    private static let limit = InstanceLimits.instances

    /// A store that connects when it is asked for something. Names are resolved by `resolver`.
    package init(
        _ settings: EtcdSettings, on loop: EventLoop, _ resolver: OutboundResolver,
        _ buffer: ReceiveBuffer = ReceiveBuffer()
    ) {
        self.loop = loop
        link = EtcdLink(settings, on: loop, resolver, buffer)
    }

    deinit { close() }

    package func put(
        _ instance: Instance, _ done: @escaping (Result<PutOutcome, StoreFailure>) -> Void
    ) {
        var refusal = instance.fault.map { StoreFailure.refused($0) }
        if registrations[instance.key] == nil, registrations.count >= Self.limit {
            refusal = .refused("a store writes at most \(Self.limit) instances")
        }
        if link.isClosed { refusal = .closed }
        if let refusal { return loop.atEndOfTick { done(.failure(refusal)) } }
        registration(instance.key).put(instance, done)
    }

    package func remove(
        _ key: InstanceKey, _ done: @escaping (Result<Void, StoreFailure>) -> Void
    ) {
        let refusal = link.isClosed ? .closed : key.fault.map { StoreFailure.refused($0) }
        if let refusal { return loop.atEndOfTick { done(.failure(refusal)) } }
        let registration = registration(key)
        registration.remove { [weak self, weak registration] result in
            // What has been put again meanwhile stays.
            if let registration, !registration.isHeld { self?.registrations[key] = nil }
            done(result)
        }
    }

    package func list(
        _ service: String, _ done: @escaping (Result<[Instance], StoreFailure>) -> Void
    ) {
        if let refusal = StoreFailure.refusal(of: service) {
            return loop.atEndOfTick { done(.failure(refusal)) }
        }
        EtcdListing(service, link).begin { result in
            done(result.map { $0.instances.values.sorted { $0.key.id < $1.key.id } })
        }
    }

    package func watch(
        _ service: String, _ told: @escaping (WatchNews) -> Void
    ) -> any StoreWatch {
        let watch = EtcdWatch(service, link, told)
        var refusal = StoreFailure.refusal(of: service)
        if watches.count >= Self.limit {
            refusal = .refused("a store has at most \(Self.limit) watches")
        }
        if link.isClosed { refusal = .closed }
        if let refusal {
            watch.end(refusal)
            return watch
        }
        watches[ObjectIdentifier(watch)] = watch
        watch.onCancel = { [weak self] watch in
            self?.watches[ObjectIdentifier(watch)] = nil
        }
        watch.begin()
        return watch
    }

    package func close() {
        for watch in watches.values { watch.end(.closed) }
        watches = [:]
        link.close()
    }

    private func registration(_ key: InstanceKey) -> EtcdRegistration {
        if let known = registrations[key] { return known }
        let new = EtcdRegistration(key, link)
        registrations[key] = new
        return new
    }
}
