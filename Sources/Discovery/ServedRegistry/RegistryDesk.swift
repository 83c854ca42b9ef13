// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import HTTPRouting
import InstanceDocuments
import InstanceRegistry
package import LocalRegistry
package import SystemIO
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
    package let streams: PeerPlaces
    /// The place of each request that waits for its turn.
    let requests: PeerPlaces
    /// What waits for its turn.
    let turns: DeskTurns
    /// The newest change of each service that has instances; no number comes twice.
    private var revisions: [String: UInt64] = [:]
    private var latestRevision: UInt64 = 0
    private(set) var documents = DocumentCache()
    private var watched: [String: Watched] = [:]

    /// Who is told of the changes of a service.
    private struct Watched {
        var watchers: [UInt64: @Sendable () -> Void] = [:]
        var pacer = EventPacer(pause: RegistryDesk.pause)
    }

    /// Between two events of a service at least: what changes often does not cost each watcher a list each time.
    private static let pause = Duration.milliseconds(100)

    /// Streams at once: each costs a list after a change.
    static let maxStreams = 1000
    /// Requests that wait at once.
    static let maxRequests = 256

    /// A registry without instances. One address may have so many per cent of the places that are free for it. `clock` is for tests.
    package init(
        on loop: EventLoop, _ limits: InstanceTable.Limits, maxPeerShare: Int,
        clock: @escaping () -> MonotonicTime = MonotonicTime.now
    ) {
        var limits = limits
        limits.documents = limits.documents ?? .init()
        directory = InstanceDirectory(on: loop, limits, clock: clock)
        let share = PeerShare(percent: maxPeerShare)
        streams = PeerPlaces(Self.maxStreams, share: share)
        requests = PeerPlaces(Self.maxRequests, share: share)
        turns = DeskTurns(on: loop)
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

    /// The number of the newest change of all.
    var revision: UInt64 {
        directory.expire()
        return latestRevision
    }

    /// The number of the newest change of a service; nil when it has no instances.
    func revision(of service: String) -> UInt64? {
        directory.expire()
        return revisions[service]
    }

    /// The names of all services.
    func names() -> [UInt8] {
        documents.document(.names, latestRevision, at: .now()) {
            var writer = JSONWriter()
            let services = directory.table.serviceCounts.sorted { $0.name < $1.name }
            writer.object { writer in
                writer.array("services", services) { writer, service in
                    writer.set("service_name", service.name)
                    writer.set("instances", service.instances)
                }
            }
            return DocumentCache.Document(body: writer.bytes + Self.lineEnd, content: 0)
        }.body
    }

    /// Instances of a service, of this revision.
    func instances(
        of service: String, _ selection: InstanceSelection, _ revision: UInt64
    ) -> [UInt8] {
        documents.document(.list(service, selection), revision, at: .now()) {
            list(EncodedList(of: service, hasSights: true), service, selection, end: "\n")
        }.body
    }

    /// One instance; nil when it is not there.
    func instance(_ key: InstanceKey) -> [UInt8]? {
        directory.table.document(of: key).map { $0.object + Self.lineEnd }
    }

    private func list(
        _ list: EncodedList, _ service: String, _ selection: InstanceSelection, end: StaticString
    ) -> DocumentCache.Document {
        var list = list
        directory.write(service, selection, to: &list)
        list.end(end)
        return DocumentCache.Document(body: list.bytes, content: list.content)
    }

    private static let lineEnd = Array("\n".utf8)

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
            let list = EncodedList(of: service, hasSights: false, after: "data: ")
            return self.list(list, service, selection, end: "\n\n")
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
