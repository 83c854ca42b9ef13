// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import SystemIO

/// The calls of one loop whose requests take too long to be read at once: large ones, and those to be decompressed.
/// Together they get a slice of each tick; a call that is not done by then goes to the end of the queue.
///
/// So the loop serves its other clients between two slices, however many such requests become whole at once.
final class PendingWork {
    private unowned let loop: EventLoop
    private var calls: [CallStream] = []
    private var first = 0
    /// The tick in which work was last begun without waiting, and how much more of it may be.
    private var tick = MonotonicTime(nanoseconds: .min)
    private var left = 0

    /// Bytes of work in a tick (see ``GRPCWire/Decompression``), twice: for what comes in it, and for the queue.
    private static let slice = 32 << 10

    init(on loop: EventLoop) { self.loop = loop }

    /// Does the work of a call: now, when the queue is empty and this tick has time, otherwise later.
    func run(_ call: CallStream) {
        if tick != loop.now {
            tick = loop.now
            left = Self.slice
        }
        var allowance = left
        if calls.isEmpty, allowance > 0 {
            let isDone = !call.work(&allowance)
            left = allowance
            if isDone { return }
        }
        calls.append(call)
        if calls.count == 1 { schedule() }
    }

    private func schedule() {
        _ = loop.schedule(at: loop.now) { [weak self] in self?.runQueue() }
    }

    private func runQueue() {
        var allowance = Self.slice
        while allowance > 0, first < calls.count {
            let call = calls[first]
            first += 1
            if call.work(&allowance) { calls.append(call) }
        }
        // Not one by one: that would move all the others each time.
        if first * 2 >= calls.count {
            calls.removeFirst(first)
            first = 0
        }
        if !calls.isEmpty { schedule() }
    }
}
