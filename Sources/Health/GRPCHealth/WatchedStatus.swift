// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import HealthProtocol

/// A name that is watched: its newest status, and who is to be told of it. Belongs to the loop.
final class WatchedStatus {
    let name: WatchedName
    /// What the name answers now: the only thing that a change writes, however many watch.
    private(set) var status: ServingStatus
    private var watchers: [Watcher] = []
    /// The watcher that is visited next, and how many are left to be visited.
    private var hand = 0
    private var unvisited = 0

    init(_ name: WatchedName, _ status: ServingStatus) {
        self.name = name
        self.status = status
    }

    var isEmpty: Bool { watchers.isEmpty }
    /// Every watcher; a copy.
    var all: [Watcher] { watchers }
    /// Some watchers may not know the status.
    var isBehind: Bool { unvisited > 0 }

    /// One that joins while others are told stands in the way of the hand, and is one more to visit.
    func add(_ watcher: Watcher) {
        watcher.place = watchers.count
        watchers.append(watcher)
        if unvisited > 0 { unvisited += 1 }
    }

    /// The last one takes the place of one that goes; since it may have been visited there or not, all are visited again.
    func remove(_ watcher: Watcher) {
        guard let place = watcher.place else { return }
        watcher.place = nil
        let last = watchers.removeLast()
        if place < watchers.count {
            watchers[place] = last
            last.place = place
        }
        if unvisited > 0 { unvisited = watchers.count }
    }

    /// Another status. All are visited from where the hand is: a name that changes all the time leaves out none.
    func change(to status: ServingStatus) {
        self.status = status
        unvisited = watchers.count
    }

    /// Visits watchers while `slice` lasts, and wakes those that have something to tell.
    func tell(_ slice: inout TellingSlice) {
        while unvisited > 0, !slice.isOver {
            unvisited -= 1
            if hand >= watchers.count { hand = 0 }
            let watcher = watchers[hand]
            hand += 1
            slice.visited += 1
            if watcher.takeNews() { slice.told += max(1, watcher.waker.wakeConnection()) }
        }
    }
}

/// How many watchers are visited, and woken, in one tick: a Check waits for one slice, however many watch.
///
/// It counts, since most of the work comes at the end of the tick, when the connections send: some 3 us a watcher, or 5 us where
/// each has a connection of its own.
struct TellingSlice {
    static let maxVisited = 2048
    static let maxTold = 64

    var visited = 0
    var told = 0
    var isOver: Bool { visited >= Self.maxVisited || told >= Self.maxTold }
}
