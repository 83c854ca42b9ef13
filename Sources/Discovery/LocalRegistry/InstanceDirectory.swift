// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import InstanceDocuments
package import InstanceRegistry
package import SystemIO

/// The registry of this process: a table of instances on a loop, with those who watch it. Stores are made of it
/// (``MemoryStore``), and pages show it. Belongs to the loop.
///
/// A change is told at the end of its tick, and changes of one tick together: all watchers share one list.
package final class InstanceDirectory {
    /// What has happened since the start.
    package struct Counts: Equatable, Sendable {
        package internal(set) var registrations = 0
        package internal(set) var deregistrations = 0
        package internal(set) var statusChanges = 0
        package internal(set) var repairs = 0
        /// Instances that were not taken.
        package internal(set) var refusals = 0
    }

    private struct Watcher {
        /// It was not told anything yet.
        var isNew = true
        let told: ([Instance]) -> Void
    }

    /// Names a watcher.
    package struct WatcherID: Hashable, Sendable {
        let service: String
        let number: Int
    }

    package let loop: EventLoop
    package private(set) var table: InstanceTable
    package private(set) var counts = Counts()
    /// Told of each event, in the tick in which it happens.
    package var onEvent: ((InstanceEvent) -> Void)?
    /// Told of the services that have changed, at the end of a tick, after the watchers.
    package var onChange: ((Set<String>) -> Void)?
    private let clock: () -> MonotonicTime
    private var watchers: [String: [Int: Watcher]] = [:]
    /// What watchers of a service were told last.
    private var told: [String: [Instance]] = [:]
    private var latestNumber = 0
    private var changed: Set<String> = []
    private var isTelling = false
    private var expiry: (timer: TimerID, deadline: MonotonicTime)?
    private var sweeping: TimerID?

    /// A directory without instances. `clock` is for tests.
    package init(
        on loop: EventLoop, _ limits: InstanceTable.Limits = .init(),
        clock: @escaping () -> MonotonicTime = MonotonicTime.now
    ) {
        self.loop = loop
        self.clock = clock
        table = InstanceTable(limits)
    }

    /// Writes an instance, which lives for `timeToLive` from now on; without it until it is stale.
    package func put(_ instance: Instance, timeToLive: Duration?) throws(StoreFailure) {
        // First, so that one whose time is over is registered again.
        table.expire(at: clock())
        do throws(StoreFailure) {
            try table.put(instance, timeToLive: timeToLive, at: clock(), date: .now())
        } catch {
            counts.refusals += 1
            takeEvents()
            throw error
        }
        takeEvents()
        setTimers()
    }

    /// Takes an instance out; whether it was there.
    @discardableResult
    package func remove(_ key: InstanceKey) -> Bool {
        let wasThere = table.remove(key)
        takeEvents()
        return wasThere
    }

    /// Takes the result of a check of an instance by somebody else than itself.
    package func checked(_ key: InstanceKey, isHealthy: Bool) {
        table.checked(key, isHealthy: isHealthy, at: clock(), date: .now())
        takeEvents()
    }

    /// Counts a record that was not as its owner wrote it.
    package func countRepair() { counts.repairs += 1 }

    /// Forgets those whose time is over. A timer calls it; tests that have a clock of their own call it.
    package func expire() {
        table.expire(at: clock())
        takeEvents()
        setTimers()
    }

    /// Takes out what is stale, or was never healthy. A timer calls it.
    package func sweep() {
        table.sweep(at: clock())
        takeEvents()
        setTimers()
    }

    /// Appends the instances of a service that somebody wants to a list, in the order of their ids. Only where the limits have it
    /// keep documents.
    package func write(
        _ service: String, _ selection: InstanceSelection, to list: inout EncodedList
    ) { table.write(service, selection, to: &list) }

    /// Forgets all, as a process does that starts again.
    package func removeAll() {
        for (service, record) in table.services {
            for instance in record.instances {
                table.remove(InstanceKey(service: service, id: instance.key.id))
            }
        }
        takeEvents()
    }

    // MARK: Watchers

    /// Tells of the instances of a service, soon and after each change, until ``end(_:)``.
    package func watch(_ service: String, _ told: @escaping ([Instance]) -> Void) -> WatcherID {
        latestNumber += 1
        watchers[service, default: [:]][latestNumber] = Watcher(told: told)
        hasChanged(service)
        return WatcherID(service: service, number: latestNumber)
    }

    /// Ends a watch: it is told nothing more.
    package func end(_ id: WatcherID) {
        watchers[id.service]?[id.number] = nil
        if watchers[id.service]?.isEmpty ?? false {
            watchers[id.service] = nil
            told[id.service] = nil
        }
    }

    private func takeEvents() {
        for event in table.takeEvents() {
            switch event {
            case .registered: counts.registrations += 1
            case .deregistered: counts.deregistrations += 1
            case .statusChanged: counts.statusChanges += 1
            case .changed: break
            }
            onEvent?(event)
            hasChanged(event.service)
        }
    }

    private func hasChanged(_ service: String) {
        changed.insert(service)
        if isTelling { return }
        isTelling = true
        loop.atEndOfTick { [weak self] in self?.tell() }
    }

    private func tell() {
        isTelling = false
        let services = changed
        changed = []
        for service in services where watchers[service] != nil { tell(service) }
        onChange?(services)
    }

    private func tell(_ service: String) {
        let instances = table.instances(of: service)
        let isNews = told[service] != instances
        told[service] = instances
        for number in (watchers[service] ?? [:]).keys.sorted() {
            // A watcher that was told may end another.
            guard let watcher = watchers[service]?[number], isNews || watcher.isNew else {
                continue
            }
            watchers[service]?[number]?.isNew = false
            watcher.told(instances)
        }
    }

    // MARK: Timers

    private func setTimers() {
        if let deadline = table.nextDeadline, deadline < expiry?.deadline ?? .distantFuture {
            if let expiry { loop.cancel(expiry.timer) }
            let wait = deadline - clock()
            let timer = loop.schedule(at: .now() + wait) { [weak self] in
                self?.expiry = nil
                self?.expire()
            }
            expiry = (timer, deadline)
        }
        guard sweeping == nil, table.count > 0 else { return }
        sweeping = loop.schedule(at: .now() + InstanceTable.sweepInterval) { [weak self] in
            self?.sweeping = nil
            self?.sweep()
        }
    }
}
