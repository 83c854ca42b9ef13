// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Synchronization

/// One loop's copy of a board, read without a lock, and those on the loop who want to know of changes. Belongs to the
/// loop; ``Board/makeView(on:)`` makes it.
///
/// A loop that is behind gets the newest snapshot only: nothing queues up.
package final class BoardView {
    /// Names a subscription, so that it can be ended.
    package struct Subscription: Hashable {
        fileprivate let number: UInt64
    }

    /// The board as this loop knows it.
    package private(set) var snapshot: Board.Snapshot
    private var subscribers: [Subscription: () -> Void] = [:]
    private var lastNumber: UInt64 = 0

    init(_ snapshot: Board.Snapshot) { self.snapshot = snapshot }

    /// Calls `action` on the loop after each change of ``snapshot``, until ``end(_:)``. Several changes that come
    /// faster than the loop's ticks are one.
    package func subscribe(_ action: @escaping () -> Void) -> Subscription {
        lastNumber += 1
        let subscription = Subscription(number: lastNumber)
        subscribers[subscription] = action
        return subscription
    }

    /// Ends a subscription; nothing happens when it has ended. Its action is not called after this, and is let go.
    package func end(_ subscription: Subscription) { subscribers[subscription] = nil }

    /// How many subscriptions there are.
    package var subscriberCount: Int { subscribers.count }

    fileprivate func take(_ snapshot: Board.Snapshot) {
        self.snapshot = snapshot
        // Those of now: an action may end subscriptions, and begin others.
        for subscription in subscribers.keys.sorted(by: { $0.number < $1.number }) {
            subscribers[subscription]?()
        }
    }
}

extension BoardView {
    /// Brings snapshots to a view. From any thread.
    final class Feed: Sendable {
        private struct Target { weak var view: BoardView? }

        private let target: LoopBound<Target>
        /// The newest snapshot that is on its way; nil when none is.
        private let pending = Mutex<Board.Snapshot?>(nil)
        private let hasEnded = Atomic(false)

        init(to view: BoardView, on loop: EventLoop) {
            target = LoopBound(Target(view: view), on: loop)
        }

        /// The view is gone.
        var isOver: Bool { hasEnded.load(ordering: .relaxed) }

        /// Sends a snapshot, in the place of one that has not arrived. Never waits for the loop.
        func put(_ snapshot: Board.Snapshot) {
            let mustPost = pending.withLock { pending in
                defer { pending = snapshot }
                return pending == nil
            }
            if mustPost { target.loop.post { [self] in deliver() } }
        }

        private func deliver() {
            let newest = pending.withLock { pending in
                defer { pending = nil }
                return pending
            }
            guard let view = target.value.view else {
                return hasEnded.store(true, ordering: .relaxed)
            }
            if let newest { view.take(newest) }
        }
    }
}
