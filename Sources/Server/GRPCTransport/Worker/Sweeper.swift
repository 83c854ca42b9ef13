// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP2Wire
import SystemIO

/// Applies the time limits of a worker's connections, with one timer for all; and gives memory back to the kernel when a
/// peak has passed.
final class Sweeper {
    private unowned let worker: Worker
    private let interval: Duration
    /// Between two looks at the calls of a connection. Worked out for each connection it was most of what a sweep cost.
    let callPause: Duration
    /// Set while there are connections, and until the memory of those that were here is given back.
    private var timer: TimerID?
    /// Where the present sweep goes on.
    private var nextSlot = 0
    /// The latest sweep was skipped. Not twice in a row: a loop that is always late must sweep, too.
    private var hasSkipped = false
    private var peak = PeakMeter()
    /// When memory was given back last: it takes some milliseconds, and a client could ask for it all the time.
    private var latestRelease: MonotonicTime?
    private static let releaseInterval = Duration.seconds(5)
    /// Calls that stream their answer: they hold memory as connections do.
    private var streamingCalls = 0
    /// Bytes of requests and of unread answers that are held for clients of this loop.
    private var heldBytes = 0

    init(for worker: Worker) {
        self.worker = worker
        self.interval = worker.configuration.timeouts.sweepInterval
        self.callPause = worker.configuration.timeouts.callSweepPause
    }

    /// Few connections may hold much: by their streams, of which nghttp2 keeps 1 KB each, and by the requests in them.
    private var load: Int {
        let worker = worker
        let bytes = heldBytes + worker.scratch.memory.used
        return worker.connections.count + streamingCalls + bytes / PeakMeter.bytesOfOne
    }

    /// There is one connection more.
    func connectionAdded() {
        peak.note(load)
        if timer == nil { schedule() }
    }

    /// There is one streaming call more.
    func streamingCallAdded() {
        streamingCalls += 1
        peak.note(load)
    }

    /// There is one streaming call less.
    func streamingCallRemoved() { streamingCalls -= 1 }

    /// So many bytes more (or less) are held.
    func changeHeldBytes(by change: Int) {
        heldBytes += change
        if change > 0 { peak.note(load) }
    }

    private func schedule() {
        let due = worker.loop.now + interval
        timer = worker.loop.schedule(at: due) { [weak self] in self?.start(due: due) }
    }

    /// A timer that fires late comes from a loop that was held, or from a process that was stopped. What clients sent
    /// meanwhile is read before their silence is judged: this sweep is skipped.
    private func start(due: MonotonicTime) {
        hasSkipped = worker.loop.now - due > interval && !hasSkipped
        if hasSkipped { end() } else { sweep() }
    }

    /// Sweeps as many connections as a time slice allows; the next tick goes on.
    private func sweep() {
        let slice = TimeSlice()
        while nextSlot < worker.connections.endSlot {
            worker.connections[nextSlot]?.sweep(at: worker.loop.now)
            nextSlot += 1
            guard slice.isOver else { continue }
            timer = worker.loop.schedule(at: worker.loop.now) { [weak self] in self?.sweep() }
            return
        }
        end()
    }

    private func end() {
        nextSlot = 0
        timer = nil
        let memory = worker.scratch.memory
        peak.note(load + (memory.takePeak() - memory.used) / PeakMeter.bytesOfOne)
        let now = worker.loop.now
        let isDue = latestRelease.map { now - $0 >= Self.releaseInterval } ?? true
        if isDue, peak.endInterval(load) {
            latestRelease = now
            memory.giveBack()
            FreeMemory.release()
        }
        if !worker.connections.isEmpty || peak.isHolding { schedule() }
    }
}
