// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTPRouting
import StatusBoard
import SystemIO

/// Requests on one loop that wait for a change of the board. Belongs to the loop.
final class ChangeWaiters {
    /// A request that waits.
    private final class Waiter {
        let origin: HTTPRequest.Origin
        var subscription: BoardView.Subscription?
        var timer: TimerID?

        init(from origin: HTTPRequest.Origin) { self.origin = origin }
    }

    private let view: BoardView
    private let loop: EventLoop
    private var local = 0
    private var remote = 0

    /// So many wait at once on a loop, of those from this machine and of the others each.
    static let limit = 128

    init(for view: BoardView, on loop: EventLoop) {
        self.view = view
        self.loop = loop
    }

    /// How many wait; for tests of what is left behind.
    var count: Int { local + remote }

    /// Calls `end` once: after the first change for which `isNews` is true, or after `duration`. What this returns lets go
    /// of the request without that. Nil when too many wait already.
    func wait(
        _ duration: Duration, from origin: HTTPRequest.Origin, until isNews: @escaping () -> Bool,
        _ end: @escaping () -> Void
    ) -> (() -> Void)? {
        guard (origin == .local ? local : remote) < Self.limit else { return nil }
        let waiter = Waiter(from: origin)
        add(1, origin)
        waiter.subscription = view.subscribe { [self] in
            if isNews(), leave(waiter) { end() }
        }
        waiter.timer = loop.schedule(at: .now() + duration) { [self] in
            if leave(waiter) { end() }
        }
        return { [self] in _ = leave(waiter) }
    }

    /// True when it had not left yet.
    private func leave(_ waiter: Waiter) -> Bool {
        guard let subscription = waiter.subscription else { return false }
        waiter.subscription = nil
        view.end(subscription)
        if let timer = waiter.timer { loop.cancel(timer) }
        add(-1, waiter.origin)
        return true
    }

    private func add(_ number: Int, _ origin: HTTPRequest.Origin) {
        if origin == .local { local += number } else { remote += number }
    }
}
