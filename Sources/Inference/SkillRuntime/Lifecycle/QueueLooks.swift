// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Inference
import SystemIO

/// Turns the length of the line before the workers into a condition: too long is believed at once, short again only
/// after a while.
///
/// Belongs to the control loop.
final class QueueLooks {
    private let state: RuntimeState
    private let control: EventLoop
    private var longUntil = MonotonicTime(nanoseconds: 0)

    /// How long the condition holds at least, however soon the line is short again.
    private static let leastHold = Duration.seconds(1)

    init(state: RuntimeState, control: EventLoop) {
        self.state = state
        self.control = control
    }

    /// The line has become too long, or short.
    func look(at queue: InferenceQueue) {
        let load = queue.load
        if load.isLong {
            longUntil = .now() + Self.leastHold
            state.update { $0.conditions.queue = .long(limit: load.longAt) }
        } else if longUntil <= .now() {
            state.update { $0.conditions.queue = .short }
        } else {
            _ = control.schedule(at: longUntil) { [self] in look(at: queue) }
        }
    }
}
