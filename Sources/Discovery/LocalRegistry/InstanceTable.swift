// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import InstanceDocuments
package import InstanceRegistry
package import SystemIO

/// Instances of services, and the rules by which they come, change and go. Pure: time comes in.
package struct InstanceTable {
    /// Bounds of a table: what registers must not take all memory.
    package struct Limits: Sendable {
        package var instancesOfService = InstanceLimits.instances
        package var instances = 100_000
        package var services = 10_000
        /// Bytes of what instances say, all together.
        package var bytes = 256 << 20
        /// Keeps each instance as it is read by others, and bounds their bytes; nil where no documents are read.
        package var documents: Documents?

        /// Bounds of documents. A list that is larger than the readers take could be read by none.
        package struct Documents: Sendable {
            /// Bytes of a service's list.
            package var ofService = 16 << 20
            /// Bytes of all together.
            package var inAll = 64 << 20

            /// The defaults.
            package init() {}
        }

        /// The defaults.
        package init() {}
    }

    /// An instance without a time to live is swept when nothing was heard of it for so long, or when it has never been
    /// healthy for so long. One with a time to live needs no sweep: it says itself that it starts.
    package static let staleTime = Duration.seconds(600)
    /// How often to sweep.
    package static let sweepInterval = Duration.seconds(300)

    var services: [String: ServiceRecord] = [:]
    private let limits: Limits
    /// All instances.
    package private(set) var count = 0
    /// How many have each status, as others see them.
    package private(set) var statusCounts: [InstanceStatus: Int] = [:]
    private var bytes = 0
    /// Bytes of all documents.
    private(set) var encodedBytes = 0
    /// What has happened since ``takeEvents()``.
    private var events: [InstanceEvent] = []
    /// No instance is due before this moment; nil when none will be.
    private(set) var nextDeadline: MonotonicTime?

    /// A table without instances.
    package init(_ limits: Limits = Limits()) { self.limits = limits }

    /// Writes an instance, which lives for `timeToLive` from now on; without it until it is stale. `date` is what documents say
    /// of the moment.
    package mutating func put(
        _ instance: Instance, timeToLive: Duration?, at now: MonotonicTime,
        date: Timestamp = Timestamp(milliseconds: 0)
    ) throws(StoreFailure) {
        if let fault = instance.fault { throw .refused(fault) }
        let deadline = timeToLive.map { now + $0 }
        let (service, id) = (instance.key.service, instance.key.id)
        if let place = services[service]?.place(of: id) {
            try change(service, place, instance)
            services[service]?.setFate(at: place) { fate in
                fate.told = instance.status
                fate.deadline = deadline
                fate.latestPut = now
                if instance.status == .available { fate.wasHealthy = true }
            }
            show(service, place)
        } else {
            let document = encoded(instance)
            try checkRoom(for: instance, document)
            count += 1
            statusCounts[instance.status, default: 0] += 1
            bytes += instance.byteCount
            encodedBytes += document?.byteCount ?? 0
            services[service, default: ServiceRecord()].append(
                instance,
                ServiceRecord.Fate(told: instance.status, deadline: deadline, registered: now),
                document)
            events.append(.registered(instance))
        }
        if let place = services[service]?.place(of: id) { see(service, place, date) }
        if let deadline { nextDeadline = min(deadline, nextDeadline ?? deadline) }
    }

    /// Takes an instance out; whether it was there.
    @discardableResult
    package mutating func remove(_ key: InstanceKey) -> Bool {
        guard let place = services[key.service]?.place(of: key.id) else { return false }
        remove(key.service, place)
        return true
    }

    /// Takes the result of a check of an instance by somebody else.
    package mutating func checked(
        _ key: InstanceKey, isHealthy: Bool, at now: MonotonicTime,
        date: Timestamp = Timestamp(milliseconds: 0)
    ) {
        guard let place = services[key.service]?.place(of: key.id) else { return }
        services[key.service]?.setFate(at: place) { fate in
            fate.health.checked(isHealthy: isHealthy, at: now)
            if isHealthy { fate.wasHealthy = true }
        }
        show(key.service, place)
        see(key.service, place, date)
    }

    /// Forgets those whose time is over.
    package mutating func expire(at now: MonotonicTime) {
        guard let nextDeadline, nextDeadline <= now else { return }
        removeAll { fate in (fate.deadline ?? .distantFuture) <= now }
        self.nextDeadline = services.values.lazy.flatMap(\.fates).compactMap(\.deadline).min()
    }

    /// Takes out what is stale, or was never healthy.
    package mutating func sweep(at now: MonotonicTime) {
        removeAll { fate in
            if fate.deadline != nil { return false }
            return now - fate.latestSign >= Self.staleTime
                || (!fate.wasHealthy && now - fate.registered >= Self.staleTime)
        }
    }

    /// What has happened since the last time.
    package mutating func takeEvents() -> [InstanceEvent] {
        let taken = events
        events = []
        return taken
    }

    // MARK: What is there

    /// An instance as others see it.
    package func instance(_ key: InstanceKey) -> Instance? {
        guard let record = services[key.service], let place = record.place(of: key.id) else {
            return nil
        }
        return record.instances[place]
    }

    /// An instance with the status that it tells of itself.
    package func told(_ key: InstanceKey) -> Instance? {
        guard let record = services[key.service], let place = record.place(of: key.id) else {
            return nil
        }
        var instance = record.instances[place]
        instance.status = record.fates[place].told
        return instance
    }

    /// The instances of a service, in no order; the array is shared.
    package func instances(of service: String) -> [Instance] { services[service]?.instances ?? [] }

    /// Those of a service that somebody wants.
    package func discover(_ service: String, _ selection: InstanceSelection) -> [Instance] {
        services[service]?.select(selection) ?? []
    }

    /// Appends those of a service that somebody wants to a list, in the order of their ids. Only where documents are kept.
    mutating func write(
        _ service: String, _ selection: InstanceSelection, to list: inout EncodedList
    ) { services[service]?.write(selection, to: &list) }

    /// An instance as others read it; nil where it, or no document, is kept.
    package func document(of key: InstanceKey) -> EncodedInstance? {
        guard let record = services[key.service], let place = record.place(of: key.id),
            place < record.encoded.count
        else { return nil }
        return record.encoded[place]
    }

    /// What checks by others say of an instance.
    package func health(of key: InstanceKey) -> InstanceHealth? {
        guard let record = services[key.service], let place = record.place(of: key.id) else {
            return nil
        }
        return record.fates[place].health
    }

    /// The names of the services that have instances, in no order, each with the number of them.
    package var serviceCounts: [(name: String, instances: Int)] {
        services.map { ($0.key, $0.value.count) }
    }

    // MARK: Changes

    private func checkRoom(
        for instance: Instance, _ document: EncodedInstance?
    ) throws(StoreFailure) {
        let record = services[instance.key.service]
        if let record, record.count >= limits.instancesOfService {
            throw .refused("the service has \(record.count) instances, and no more are kept")
        }
        if record == nil, services.count >= limits.services {
            throw .refused("there are \(services.count) services, and no more are kept")
        }
        if count >= limits.instances {
            throw .refused("there are \(count) instances, and no more are kept")
        }
        try checkBytes(bytes + instance.byteCount)
        try checkDocuments(of: instance.key.service, document?.byteCount ?? 0)
    }

    private func checkBytes(_ sum: Int) throws(StoreFailure) {
        if sum > limits.bytes {
            throw .refused("the instances have \(limits.bytes >> 20) MiB, and no more are kept")
        }
    }

    private func checkDocuments(of service: String, _ more: Int) throws(StoreFailure) {
        guard let documents = limits.documents, more > 0 else { return }
        if (services[service]?.encodedBytes ?? 0) + more > documents.ofService {
            throw .refused(
                "the list of the service has \(documents.ofService >> 20) MiB, and no more are kept: say less in the metadata"
            )
        }
        if encodedBytes + more > documents.inAll {
            throw .refused(
                "the lists of all services have \(documents.inAll >> 20) MiB, and no more are kept")
        }
    }

    /// What an instance says is replaced, but its status.
    private mutating func change(
        _ service: String, _ place: Int, _ new: Instance
    ) throws(StoreFailure) {
        guard let old = services[service]?.instances[place] else { return }
        var replacement = new
        replacement.status = old.status
        if replacement == old { return }
        let sum = bytes - old.byteCount + new.byteCount
        try checkBytes(sum)
        let document = encoded(replacement)
        if let document, let before = services[service]?.encoded[place].byteCount {
            try checkDocuments(of: service, document.byteCount - before)
        }
        bytes = sum
        encodedBytes += services[service]?.replace(at: place, with: replacement, document) ?? 0
        events.append(.changed(replacement))
    }

    /// The document of an instance, of which nothing was seen; nil where none is kept.
    private func encoded(_ instance: Instance) -> EncodedInstance? {
        if limits.documents == nil { return nil }
        return EncodedInstance(
            instance, InstanceDocument.Sight(lastHealthCheck: 0, consecutiveFailures: 0))
    }

    /// Has the document of an instance say when something was heard of it.
    private mutating func see(_ service: String, _ place: Int, _ date: Timestamp) {
        guard limits.documents != nil, let fate = services[service]?.fates[place] else { return }
        let sight = InstanceDocument.Sight(
            lastHealthCheck: date.milliseconds,
            consecutiveFailures: fate.consecutiveFailures)
        encodedBytes += services[service]?.see(sight, at: place) ?? 0
    }

    /// Brings the status that others see up to date.
    private mutating func show(_ service: String, _ place: Int) {
        guard var instance = services[service]?.instances[place],
            let new = services[service]?.fates[place].shownStatus, new != instance.status
        else { return }
        let old = instance.status
        statusCounts[old, default: 0] -= 1
        statusCounts[new, default: 0] += 1
        instance.status = new
        let document = encoded(instance)
        encodedBytes += services[service]?.replace(at: place, with: instance, document) ?? 0
        events.append(.statusChanged(instance, from: old))
    }

    private mutating func remove(_ service: String, _ place: Int) {
        guard let instance = services[service]?.instances[place] else { return }
        encodedBytes += services[service]?.remove(at: place) ?? 0
        if services[service]?.count == 0 { services[service] = nil }
        count -= 1
        statusCounts[instance.status, default: 0] -= 1
        bytes -= instance.byteCount
        events.append(.deregistered(instance.key))
    }

    private mutating func removeAll(where isOver: (ServiceRecord.Fate) -> Bool) {
        for service in Array(services.keys) {
            let places = services[service]?.places(where: isOver) ?? []
            if places.count > 64 { services[service]?.forgetOrder() }
            // From the end: the last takes the place of a removed one, and stays.
            for place in places.reversed() { remove(service, place) }
        }
    }
}

extension Instance {
    /// Bytes that it takes in a table, about.
    var byteCount: Int {
        let texts = [key.service, key.id, host, healthCheckURL, version] + tags
        let text = texts.reduce(0) { $0 + $1.utf8.count }
        return 512 + text
            + metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 64 }
    }
}
