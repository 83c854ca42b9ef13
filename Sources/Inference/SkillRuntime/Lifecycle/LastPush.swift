// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import OTLPExport
import SystemIO

/// The last push of metrics, at the end of a drain: within its deadline, whatever the collector does. Belongs to the
/// control loop.
final class LastPush {
    private enum State {
        case notBegun
        case underWay
        case over
    }

    private let push: MetricsPush
    private let control: EventLoop
    private var state = State.notBegun
    private var completion: (() -> Void)?

    /// A collector that does not answer holds the end up for no longer.
    private static let longest = Duration.seconds(3)
    /// What it gets of a drain in which calls go on until the deadline.
    private static let share = Duration.seconds(1)

    init(_ push: MetricsPush, on control: EventLoop) {
        self.push = push
        self.control = control
    }

    /// Begins early enough for a drain with this deadline, if nothing has it begun sooner.
    func beginInTime(for deadline: MonotonicTime) {
        _ = control.schedule(at: deadline + (.zero - Self.share)) { [self] in begin(by: deadline) }
    }

    /// Begins now, unless it has begun.
    func begin(by deadline: MonotonicTime) {
        guard case .notBegun = state else { return }
        state = .underWay
        let end = min(deadline, .now() + Self.longest)
        let bound = LoopBound(self, on: control)
        push.finish(by: end) { bound.loop.post { bound.value.finish() } }
        // The thread of the pushes may be stuck.
        _ = control.schedule(at: end) { [self] in finish() }
    }

    /// Calls `completion` when it is over; at once when it is.
    func whenOver(_ completion: @escaping () -> Void) {
        if case .over = state { return completion() }
        self.completion = completion
    }

    private func finish() {
        state = .over
        completion?()
        completion = nil
    }
}
