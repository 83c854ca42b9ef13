// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import Inference
package import StatusBoard
import SystemIO

/// Reports whether the queue before the workers is too long: at once when it is, and again short only after a while.
///
/// Belongs to the control loop.
package final class QueueCheck {
    private let board: Board
    private let control: EventLoop
    private var verdict = Hysteresis(
        fall: .init(), rise: .init(hold: QueueCheck.minHold), initially: true)

    /// How long a queue that was too long counts as that at least, however soon it is short again.
    private static let minHold = Duration.seconds(1)

    package init(board: Board, control: EventLoop) {
        self.board = board
        self.control = control
    }

    /// The queue has become too long, or short enough.
    package func lengthChanged(of queue: InferenceQueue) {
        let (load, now) = (queue.load, MonotonicTime.now())
        _ = verdict.observe(!load.isLong, at: now)
        let isShort = verdict.isGood == true
        board.report(isShort ? .healthy : .queueLong(limit: load.longAt), for: .queue, at: now)
        guard !isShort, !load.isLong else { return }
        let end = (verdict.changed ?? now) + Self.minHold
        _ = control.schedule(at: end) { [self] in lengthChanged(of: queue) }
    }
}
