// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
package import InstanceRegistry
import TestSupport

/// A watch whose news a test waits for. It finds fault with news inside the call, after the end, and that are none.
package final class DrivenWatch: Sendable {
    /// What belongs to the loop.
    private final class State {
        var watch: (any StoreWatch)?
        var isOver = false
        var latest: [Instance]?
    }

    private let service: String
    private let state: LoopBound<State>
    private let news = Mailbox<WatchNews>()

    init(
        of service: String, _ store: LoopBound<any RegistryStore>,
        _ foundFault: @escaping @Sendable (String) -> Void
    ) throws {
        self.service = service
        let (made, news) = (Mailbox<LoopBound<State>>(), news)
        store.loop.post {
            let state = State()
            made.put(LoopBound(state, on: store.loop))
            var isInside = true
            state.watch = store.value.watch(service) { told in
                if isInside { foundFault("a watch told something inside the call of watch") }
                if state.isOver { foundFault("a watch told something after its end") }
                switch told {
                case .instances(let instances):
                    if instances.contains(where: { $0.key.service != service }) {
                        foundFault("a watch told of another service")
                    }
                    if state.latest == instances.byID { foundFault("a watch told the same twice") }
                    state.latest = instances.byID
                case .away: state.latest = nil
                }
                news.put(told)
            }
            isInside = false
        }
        guard let made = made.next() else { throw Unexpected(description: "no watch within 30 s") }
        state = made
    }

    /// Waits for news of instances that are as a test wants them, and returns them by id. Others on the way are passed over:
    /// several changes may be told as one.
    @discardableResult
    package func next(
        _ what: String, where isWanted: ([Instance]) -> Bool
    ) throws -> [Instance] {
        while let told = news.next() {
            if case .instances(let instances) = told, isWanted(instances) { return instances.byID }
        }
        throw Unexpected(
            description: "within 30 s the watch of \(service) told nothing of: \(what)")
    }

    /// Waits until it says that the store is away.
    package func nextAway() throws -> StoreFailure {
        while let told = news.next() {
            if case .away(let failure) = told { return failure }
        }
        throw Unexpected(description: "within 30 s the watch did not tell that the store is away")
    }

    /// News that were not taken.
    package var pending: Int { news.count }

    /// Ends it.
    package func cancel() {
        state.loop.post { [state] in
            state.value.watch?.cancel()
            state.value.isOver = true
        }
    }
}
