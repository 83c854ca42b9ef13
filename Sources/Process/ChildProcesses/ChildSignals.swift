// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
package import EventLoops
import Synchronization
package import SystemIO

/// Waits for children when SIGCHLD comes: ours and, where they fall to this process, orphans of others. Belongs to a loop.
///
/// Signals merge, so each one begins a sweep that goes on until no child is left that has ended; a slice of it in each tick,
/// so that the end of thousands does not keep the loop from its other work.
package final class ChildSignals {
    private let table: ChildTable
    private let loop: EventLoop
    private let swept: (ChildTable.Sweep) -> Void
    private var source: SignalSource?
    private var isSweeping = false

    private static let isStarted = Atomic(false)
    private static let slice = Duration.milliseconds(1)

    /// Begins on `loop`; `swept` is told of each slice of a sweep. SIGCHLD must be blocked.
    package init(
        _ table: ChildTable = .shared, on loop: EventLoop,
        _ swept: @escaping (ChildTable.Sweep) -> Void = { _ in }
    ) throws(SystemCallError) {
        self.table = table
        self.loop = loop
        self.swept = swept
        Self.isStarted.store(true, ordering: .relaxed)
        source = try SignalSource([SIGCHLD], on: loop) { [weak self] _ in self?.sweep() }
    }

    /// Waits for children on `loop` from now on, where orphans fall to this process and no loop does so yet. Without it
    /// the statuses of our own children are kept all the same. The process may have threads.
    package static func begin(on loop: EventLoop) {
        guard clinux_adopts_orphans() != 0 else { return clinux_keep_child_statuses() }
        guard !isStarted.exchange(true, ordering: .relaxed) else { return }
        SignalSource.collect([SIGCHLD])
        // The loop holds it by its source. Without one only the orphans stay, as the dead entries that they are.
        guard let signals = try? ChildSignals(on: loop, { _ in }) else { return }
        signals.keepsItself = signals
        // Those that ended before.
        signals.sweep()
    }

    /// One that no other object holds.
    private var keepsItself: ChildSignals?

    /// Waits for all that have ended.
    package func sweep() {
        if !isSweeping { sweepSlice() }
    }

    private func sweepSlice() {
        let end = MonotonicTime.now() + Self.slice
        let sweep = table.sweep { MonotonicTime.now() >= end }
        isSweeping = sweep == .unfinished
        if isSweeping {
            _ = loop.schedule(at: loop.now) { [weak self] in self?.sweepSlice() }
        }
        swept(sweep)
    }
}
