// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCTransport
import HealthProtocol

/// One loop's copy of the statuses, and the watchers of that loop. No lock: it belongs to the loop.
final class HealthTable {
    private var statuses = NameTable()
    /// What `""` answers, which is asked for more than any other.
    private var wholeServer: HealthAnswer?
    /// What is watched, registered or not. A name without watchers has no entry.
    private var watched: [WatchedName: WatchedStatus] = [:]
    /// Names that have changed, some of whose watchers do not know it.
    private var changed: [WatchedStatus] = []
    /// Those before it have been told.
    private var firstChanged = 0
    private var isTellingScheduled = false
    /// Nil in tests, which call ``tellSome()``.
    private let loop: EventLoop?
    private(set) var isEnding = false

    init(on loop: EventLoop? = nil) { self.loop = loop }

    /// What `name` answers; nil when it is not registered.
    @inline(__always)
    func status(of name: UnsafeRawBufferPointer) -> ServingStatus? {
        name.isEmpty ? wholeServer?.status : statuses[name]?.status
    }

    /// What `name` answers, and why; nil when it is not registered.
    func answer(of name: UnsafeRawBufferPointer) -> HealthAnswer? {
        name.isEmpty ? wholeServer : statuses[name]
    }

    /// Every registered name, in the order of their bytes.
    var all: [(name: String, status: ServingStatus)] { statuses.all }

    var count: Int { statuses.count }

    /// Takes a change from the reporter. From now on every Check answers it; the watchers of the name are told in slices, the first
    /// at the end of this tick.
    func apply(_ name: String, _ answer: HealthAnswer?) { apply([UInt8](name.utf8), answer) }

    /// The same for the bytes of a name.
    func apply(_ name: [UInt8], _ answer: HealthAnswer?) {
        statuses.set(name, answer)
        if name.isEmpty { wholeServer = answer }
        // The hash, which clients cannot predict, costs as much as the rest.
        if self.watched.isEmpty { return }
        guard let watched = watched[WatchedName(name)] else { return }
        let wasBehind = watched.isBehind
        watched.change(to: answer?.status ?? .serviceUnknown)
        if !wasBehind { changed.append(watched) }
        scheduleTelling { $0.atEndOfTick($1) }
    }

    /// The status that watchers of a name share.
    func watched(_ name: WatchedName) -> WatchedStatus {
        watched[name]
            ?? WatchedStatus(name, name.bytes.withUnsafeBytes { status(of: $0) } ?? .serviceUnknown)
    }

    func add(_ watcher: Watcher) {
        watched[watcher.watched.name] = watcher.watched
        watcher.watched.add(watcher)
    }

    func remove(_ watcher: Watcher) {
        watcher.watched.remove(watcher)
        if watcher.watched.isEmpty, watched[watcher.watched.name] === watcher.watched {
            watched[watcher.watched.name] = nil
        }
    }

    func endWatches() {
        isEnding = true
        // A copy: a watcher that ends takes itself out.
        for watcher in watched.values.flatMap(\.all) { watcher.end() }
    }

    /// Names that have watchers; for tests of what is left behind.
    var watchedNames: Int { watched.count }

    // MARK: Telling

    private func scheduleTelling(_ schedule: (EventLoop, @escaping () -> Void) -> Void) {
        guard let loop, !isTellingScheduled else { return }
        isTellingScheduled = true
        schedule(loop) { [weak self] in self?.tell() }
    }

    private func tell() {
        isTellingScheduled = false
        // In the next tick: what clients have sent is read before.
        if tellSome() {
            scheduleTelling { loop, action in _ = loop.schedule(at: loop.now, action) }
        }
    }

    /// Tells as many watchers as a slice has room for. True when there are more.
    func tellSome() -> Bool {
        var slice = TellingSlice()
        while firstChanged < changed.count, !slice.isOver {
            let watched = changed[firstChanged]
            firstChanged += 1
            watched.tell(&slice)
            // Behind the others: a name that changes all the time does not keep them waiting.
            if watched.isBehind { changed.append(watched) }
        }
        // Not one by one: that would move all the others each time.
        if firstChanged * 2 >= changed.count {
            changed.removeFirst(firstChanged)
            firstChanged = 0
        }
        return !changed.isEmpty
    }
}
