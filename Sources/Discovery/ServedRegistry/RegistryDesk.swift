// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTPRouting
import InstanceDocuments
import InstanceRegistry
package import LocalRegistry
import SystemIO
import Text

/// The registry of this process as others are served it: documents of its directory, writes, and who is told of changes. Belongs
/// to the loop of the directory.
///
/// A document is made once for each revision and second, however many ask for it.
package final class RegistryDesk {
    package let directory: InstanceDirectory
    /// Another one after a restart.
    let epoch: String
    /// The place of each stream that is open.
    package let streams = StreamPlaces()
    /// The newest change of each service that has instances; no number comes twice.
    private var revisions: [String: UInt64] = [:]
    private var latestRevision: UInt64 = 0
    private var documents = DocumentCache()
    private var watched: [String: Watched] = [:]

    /// Who is told of the changes of a service.
    private struct Watched {
        var watchers: [UInt64: @Sendable () -> Void] = [:]
        var pacer = EventPacer(pause: RegistryDesk.pause)
    }

    /// Between two events of a service at least: what changes often does not cost each watcher a list each time.
    private static let pause = Duration.milliseconds(100)

    /// Serves `directory`, whose events it takes from now on.
    package init(_ directory: InstanceDirectory) {
        self.directory = directory
        epoch = String(hex: UInt32.random(in: 0 ... .max), digits: 8)
        directory.onEvent = { [weak self] event in self?.noteChange(of: event.service) }
        directory.onChange = { [weak self] services in
            for service in services { self?.tell(service) }
        }
    }

    private var loop: EventLoop { directory.loop }

    private func noteChange(of service: String) {
        latestRevision += 1
        let isThere = !directory.table.instances(of: service).isEmpty
        revisions[service] = isThere ? latestRevision : nil
    }

    // MARK: Reading

    /// A document, with the number of the change that it tells.
    struct Document {
        let revision: UInt64
        let body: [UInt8]
    }

    /// The names of all services.
    func names() -> Document {
        directory.expire()
        let body = documents.document(.names, latestRevision, at: .now()) {
            var writer = JSONWriter()
            let services = directory.table.serviceCounts.sorted { $0.name < $1.name }
            writer.object { writer in
                writer.array("services", services) { writer, service in
                    writer.set("service_name", service.name)
                    writer.set("instances", service.instances)
                }
            }
            return writer.bytes + Self.lineEnd
        }
        return Document(revision: latestRevision, body: body.body)
    }

    /// Instances of a service; nil when it has none at all.
    func instances(of service: String, _ selection: InstanceSelection) -> Document? {
        directory.expire()
        guard let revision = revisions[service] else { return nil }
        let now = MonotonicTime.now()
        let body = documents.document(.list(service, selection), revision, at: now) {
            let clock = Clock(now: now, wall: .now())
            let selected = directory.table.discover(service, selection).byID
            return InstanceList.bytes(of: service, selected) { sight(of: $0.key, clock) }
                + Self.lineEnd
        }
        return Document(revision: revision, body: body.body)
    }

    /// One instance; nil when it is not there.
    func instance(_ key: InstanceKey) -> Document? {
        directory.expire()
        guard let revision = revisions[key.service], let instance = directory.table.instance(key)
        else { return nil }
        var writer = JSONWriter()
        let clock = Clock(now: .now(), wall: .now())
        writer.object {
            InstanceDocument.write(instance, sight(of: key, clock), into: &$0)
        }
        return Document(revision: revision, body: writer.bytes + Self.lineEnd)
    }

    private typealias Clock = (now: MonotonicTime, wall: Timestamp)
    private static let lineEnd = Array("\n".utf8)

    private func sight(of key: InstanceKey, _ clock: Clock) -> InstanceDocument.Sight? {
        guard let sign = directory.table.latestSign(of: key) else { return nil }
        let age = max(0, (clock.now - sign).wholeNanoseconds / 1_000_000)
        return InstanceDocument.Sight(
            lastHealthCheck: clock.wall.milliseconds - age,
            consecutiveFailures: directory.table.consecutiveFailures(of: key) ?? 0)
    }

    // MARK: Writing

    /// Writes an instance, and says what was there before.
    func put(_ instance: Instance, timeToLive: Duration) throws(StoreFailure) -> PutAnswer {
        directory.expire()
        let previous = directory.table.told(instance.key)
        var instance = instance
        if instance.registrationTime == InstanceDocument.unknownTime {
            instance.registrationTime =
                previous?.registrationTime ?? Timestamp.now().milliseconds
        }
        try directory.put(instance, timeToLive: timeToLive)
        guard let previous else { return .registered }
        return previous == instance ? .kept : .changed(from: previous)
    }

    /// Takes an instance out; whether it was there.
    func remove(_ key: InstanceKey) -> Bool {
        directory.expire()
        return directory.remove(key)
    }

    // MARK: Streams

    /// What a stream of a service is told: its instances as they are now.
    func event(_ service: String, _ selection: InstanceSelection) -> DocumentCache.Document {
        directory.expire()
        let key = DocumentCache.Key.event(service, selection)
        // It has no times in it: one moment for all.
        let moment = MonotonicTime(nanoseconds: 0)
        return documents.document(key, revisions[service] ?? 0, at: moment) {
            let selected = directory.table.discover(service, selection).byID
            return Array("data: ".utf8) + InstanceList.bytes(of: service, selected)
                + Array("\n\n".utf8)
        }
    }

    /// Has `notify` called after each change of a service, until ``stopTelling(_:of:)`` with the same number.
    func tell(_ number: UInt64, of service: String, _ notify: @escaping @Sendable () -> Void) {
        watched[service, default: Watched()].watchers[number] = notify
    }

    func stopTelling(_ number: UInt64, of service: String) {
        watched[service]?.watchers[number] = nil
        if watched[service]?.watchers.isEmpty == true { watched[service] = nil }
    }

    private func tell(_ service: String) {
        switch watched[service]?.pacer.changed(at: .now()) {
        case nil, .nothing: break
        case .tell: tellAll(service)
        case .wait(let time):
            _ = loop.schedule(at: time) { [weak self] in
                // Others may watch it by now: they are told once more.
                self?.watched[service]?.pacer.timerFired(at: .now())
                self?.tellAll(service)
            }
        }
    }

    private func tellAll(_ service: String) {
        for notify in (watched[service]?.watchers ?? [:]).values { notify() }
    }
}

extension [Instance] {
    /// Ordered by id.
    fileprivate var byID: [Instance] { sorted { $0.key.id < $1.key.id } }
}
