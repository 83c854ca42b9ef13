// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import SystemIO

/// The calls of one loop whose requests are too much work for the moment in which they came: large ones, and those to
/// be decompressed. All of them together get a slice in each turn; who is not done by then goes to the end of the line.
///
/// So however many such requests become whole at once, the loop serves its other clients between two slices.
final class PendingWork {
    private unowned let loop: EventLoop
    private var calls: [ServerCall] = []
    private var first = 0
    /// The turn in which work was last begun without waiting, and how much more of it may be.
    private var turn = MonotonicTime(nanoseconds: .min)
    private var left = 0

    /// Bytes of work in a turn (see ``GRPCWire/Decompression``), twice: for what comes in it, and for the line.
    private static let slice = 32 << 10

    init(on loop: EventLoop) { self.loop = loop }

    /// Does the work of a call now, at once when the line is empty and this tick has time, otherwise in its turn.
    func begin(_ call: ServerCall) {
        if turn != loop.now {
            turn = loop.now
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
        _ = loop.schedule(at: loop.now) { [weak self] in self?.run() }
    }

    private func run() {
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
