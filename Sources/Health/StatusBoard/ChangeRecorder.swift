// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import SystemIO

/// Keeps the history of a board, which calls it as a publisher: so it misses no change. From any thread.
package final class ChangeRecorder: Sendable {
    private struct State {
        var hasBegun = false
        var history: ChangeHistory
    }

    private let state: Mutex<State>

    /// A recorder that begins with the first snapshot that it takes.
    package init() {
        let now = MonotonicTime.now()
        state = Mutex(State(history: ChangeHistory(Board.Snapshot(at: now), at: now)))
    }

    /// Takes the newest snapshot.
    package func take(_ snapshot: Board.Snapshot) {
        state.withLock { state in
            if state.hasBegun {
                state.history.take(snapshot, at: snapshot.changed)
            } else {
                state.hasBegun = true
                state.history = ChangeHistory(snapshot, at: snapshot.changed)
            }
        }
    }

    /// The history until now.
    package var history: ChangeHistory { state.withLock { $0.history } }
}
