// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Containers
import EventLoops

/// What clients want to read waits here for the desk, which does little of it in a tick: its loop has other work. One list may
/// take some milliseconds; the next one is made in the next tick. Belongs to the loop of the desk.
final class DeskTurns {
    /// Who waits. The lines are served in turns, so that neither waits for the other.
    enum Line: Int, CaseIterable { case requests, streams }

    private let loop: EventLoop
    private var lines = [Queue<() -> Void>](repeating: Queue(), count: Line.allCases.count)
    private var nextLine = 0
    private var isScheduled = false
    /// The tick in which something was done last.
    private var latestTick = -1

    init(on loop: EventLoop) { self.loop = loop }

    /// Works that wait.
    var count: Int { lines.reduce(0) { $0 + $1.count } }

    /// Does `work` soon, in this tick or a later one.
    func wait(in line: Line, _ work: @escaping () -> Void) {
        lines[line.rawValue].append(work)
        schedule()
    }

    /// Takes the turn of this tick, for work that is done at once; false when others wait, or it is taken.
    func takeTurn() -> Bool {
        if isScheduled || latestTick == loop.ticks { return false }
        latestTick = loop.ticks
        return true
    }

    private func schedule() {
        if isScheduled { return }
        isScheduled = true
        if latestTick == loop.ticks {
            _ = loop.schedule(at: loop.now) { [weak self] in self?.run() }
        } else {
            loop.atEndOfTick { [weak self] in self?.run() }
        }
    }

    private func run() {
        latestTick = loop.ticks
        let slice = TimeSlice()
        while let work = next() {
            work()
            if slice.isOver { break }
        }
        isScheduled = false
        if count > 0 { schedule() }
    }

    private func next() -> (() -> Void)? {
        for _ in lines {
            nextLine = (nextLine + 1) % lines.count
            if let work = lines[nextLine].popFirst() { return work }
        }
        return nil
    }
}
