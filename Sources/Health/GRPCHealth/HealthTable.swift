// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import HealthProtocol

/// One loop's copy of the statuses, and the watchers of that loop. No lock: it belongs to the loop.
final class HealthTable {
    private var statuses = NameTable()
    /// What `""` answers, which is asked for more than any other.
    private var wholeServer: HealthAnswer?
    /// Watchers by name, registered or not. A name without watchers has no entry.
    private var watchers: [WatchedName: [ObjectIdentifier: Watcher]] = [:]
    private(set) var isEnding = false

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

    /// Takes a change from the reporter and tells the watchers of the name.
    func apply(_ name: String, _ answer: HealthAnswer?) {
        let name = WatchedName([UInt8](name.utf8))
        let bytes = name.bytes
        statuses.set(bytes, answer)
        if bytes.isEmpty { wholeServer = answer }
        guard let interested = watchers[name] else { return }
        let status = answer?.status ?? .serviceUnknown
        for watcher in interested.values { watcher.changed(to: status) }
    }

    func add(_ watcher: Watcher) {
        watchers[watcher.name, default: [:]][ObjectIdentifier(watcher)] = watcher
        let status = watcher.name.bytes.withUnsafeBytes { statuses[$0]?.status }
        watcher.changed(to: status ?? .serviceUnknown)
    }

    func remove(_ watcher: Watcher) {
        watchers[watcher.name]?[ObjectIdentifier(watcher)] = nil
        if watchers[watcher.name]?.isEmpty == true { watchers[watcher.name] = nil }
    }

    func endWatches() {
        isEnding = true
        // A copy: a watcher that ends takes itself out.
        for watcher in watchers.values.flatMap(\.values) { watcher.end() }
    }

    /// Names that have watchers; for tests of what is left behind.
    var watchedNames: Int { watchers.count }
}
