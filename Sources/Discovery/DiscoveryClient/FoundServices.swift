// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import InstanceRegistry
import Synchronization
package import SystemIO

/// What a ``ServiceFinder`` knows of services, for every thread: a look-up and a choice take a lock for a moment, and wait for no
/// loop. Services that are not here are asked for at the finder.
package final class FoundServices: Sendable {
    private struct Shelf {
        var found: FoundInstances
        var chooser: InstanceChooser
        var latestUse: MonotonicTime
    }

    private let balancing: Balancing
    private let shelves = Mutex<[String: Shelf]>([:])

    /// Nothing is known.
    package init(_ balancing: Balancing) { self.balancing = balancing }

    /// What is known of a service; nil when nothing is.
    package func found(_ service: String, at now: MonotonicTime) -> FoundInstances? {
        shelves.withLock { shelves in
            guard let found = shelves[service]?.found else { return nil }
            shelves[service]?.latestUse = now
            return found.source == .nothing ? nil : found
        }
    }

    /// Chooses an instance for a request, which has to be ended by ``ended(_:_:at:)``; nil when none is known. One of `tried` is
    /// chosen only when turns lead to no other.
    package func choose(
        _ service: String, besides tried: [String] = [], at now: MonotonicTime
    ) -> Instance? {
        shelves.withLock { shelves in
            shelves[service]?.latestUse = now
            var chosen = shelves[service]?.chooser.choose(at: now)
            for _ in tried {
                guard let again = chosen, tried.contains(again.key.id) else { break }
                shelves[service]?.chooser.ended(again.key.id, .unknown, at: now)
                chosen = shelves[service]?.chooser.choose(at: now)
            }
            return chosen
        }
    }

    /// A request of an instance has ended.
    package func ended(_ key: InstanceKey, _ end: RequestEnd, at now: MonotonicTime) {
        shelves.withLock { $0[key.service]?.chooser.ended(key.id, end, at: now) }
    }

    /// When it was asked for last; nil when it is not known.
    func latestUse(of service: String) -> MonotonicTime? {
        shelves.withLock { $0[service]?.latestUse }
    }

    /// Takes what is known now.
    func set(_ service: String, _ found: FoundInstances, at now: MonotonicTime) {
        shelves.withLock { shelves in
            if shelves[service] == nil {
                let chooser = InstanceChooser(balancing, seed: .random(in: 0 ... .max))
                shelves[service] = Shelf(found: found, chooser: chooser, latestUse: now)
            }
            shelves[service]?.found = found
            shelves[service]?.chooser.set(found.instances)
        }
    }

    /// Nothing is known of it any more.
    func remove(_ service: String) { shelves.withLock { $0[service] = nil } }
}
