// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import EventLoops
import InstanceRegistry
import StatusBoard
import SystemIO

/// One instance that is asked for its health: after an interval, and soon when it has something to tell.
final class FollowedInstance {
    private let instance: Instance
    private let runner: any CheckRunner
    private let loop: EventLoop
    private let times: HealthFollowerTimes
    private let told: (CheckResult) -> Void
    private var timer: TimerID?
    private var isRunning = false
    private var isRunWanted = false
    private var isOver = false
    private var began = MonotonicTime(nanoseconds: 0)

    init(
        _ instance: Instance, _ runner: any CheckRunner, _ loop: EventLoop,
        _ times: HealthFollowerTimes, _ told: @escaping (CheckResult) -> Void
    ) {
        self.instance = instance
        self.runner = runner
        self.loop = loop
        self.times = times
        self.told = told
    }

    /// It would be followed in the same way.
    func isSame(as other: Instance) -> Bool {
        instance.healthCheckURL == other.healthCheckURL && instance.host == other.host
    }

    func begin(after wait: Duration) {
        runner.added(
            at: CheckPlace(
                readClock: { .now() }, requestRun: { [weak self] in self?.requestRun() }))
        schedule(after: wait)
    }

    func end() {
        isOver = true
        stopTimer()
        if isRunning { runner.cancel {} }
    }

    // MARK: Runs

    /// Has it run soon: somebody doubts the instance, or the target has something to tell.
    func requestRun() {
        guard !isOver else { return }
        if isRunning {
            isRunWanted = true
        } else {
            schedule(after: max(.zero, times.shortest - (MonotonicTime.now() - began)))
        }
    }

    private func schedule(after wait: Duration) { setTimer(after: wait) { $0.run() } }

    private func run() {
        isRunning = true
        isRunWanted = false
        began = .now()
        setTimer(after: times.timeout) { $0.timedOut() }
        runner.begin(timeout: times.timeout) { [weak self] result in self?.finished(result) }
    }

    private func timedOut() {
        runner.cancel { [weak self] in
            guard let self else { return }
            self.finished(.timedOut(after: self.times.timeout))
        }
    }

    private func finished(_ result: CheckResult) {
        guard isRunning, !isOver else { return }
        isRunning = false
        stopTimer()
        // One that fails is asked again soon: it may have been the network.
        let isQuick = isRunWanted || result.state == .unhealthy
        let wait = isRunWanted ? times.shortest : isQuick ? times.interval / 10 : spread
        schedule(after: wait)
        told(result)
    }

    /// The interval with up to a tenth less.
    private var spread: Duration { times.interval * Double.random(in: 0.9...1) }

    private func setTimer(
        after wait: Duration, _ action: @escaping (FollowedInstance) -> Void
    ) {
        stopTimer()
        timer = loop.schedule(at: .now() + wait) { [weak self] in
            guard let self, !self.isOver else { return }
            self.timer = nil
            action(self)
        }
    }

    private func stopTimer() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }
}
