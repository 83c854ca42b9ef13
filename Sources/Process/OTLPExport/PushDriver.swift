// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import SystemIO

/// Drives the schedule of the pushes. Belongs to their loop, which it blocks.
final class PushDriver {
    private let configuration: PushConfiguration
    private let version: String
    private let times: PushTimes
    private let counters: PushCounters
    private let interruption: PushInterruption
    private let source: MetricsPush.Source
    private let loop: EventLoop
    private var log: PushLog
    private var schedule: PushSchedule
    private var timer: TimerID?
    private var completion: (@Sendable () -> Void)?

    init(
        _ configuration: PushConfiguration, version: String, start: MonotonicTime, log: PushLog,
        counters: PushCounters, interruption: PushInterruption, on loop: EventLoop,
        source: @escaping MetricsPush.Source
    ) {
        self.configuration = configuration
        self.version = version
        self.times = PushTimes(processStart: start)
        self.counters = counters
        self.interruption = interruption
        self.source = source
        self.loop = loop
        self.log = log
        schedule = PushSchedule(
            interval: configuration.interval, timeout: configuration.timeout, from: .now())
    }

    /// Does what is due, and has itself called again.
    func advance() {
        while true {
            switch schedule.advance(to: .now()) {
            case .push(let deadline): push(until: deadline)
            case .wait(let time):
                timer = loop.schedule(at: time) { [weak self] in self?.advance() }
                return
            case .end:
                completion?()
                completion = nil
                return
            }
        }
    }

    /// Pushes a last time, and calls `completion`.
    func finish(by end: MonotonicTime, _ completion: @escaping @Sendable () -> Void) {
        if let timer { loop.cancel(timer) }
        timer = nil
        interruption.set(end)
        schedule.stop(by: end)
        self.completion = completion
        advance()
    }

    private func push(until deadline: MonotonicTime) {
        var batches = MetricsBatches(
            source(), of: configuration.attributes, version: version, times.readNow())
        let attempt = PushAttempt(
            configuration: configuration, deadline: deadline, interruption: interruption)
        let result: PushSchedule.Result
        do throws(PushFailure) {
            let answer = try attempt.run(&batches)
            counters.add {
                $0.delivered += 1
                $0.rejectedPoints += answer.rejectedPoints
            }
            log.delivered(answer)
            result = .delivered
        } catch {
            counters.add { $0.failed += 1 }
            log.failed(error)
            result = error.result
        }
        schedule.pushed(result, at: .now(), chance: .random(in: 0...1))
    }
}
