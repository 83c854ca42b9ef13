// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Exposition
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
    /// The number of the collection that goes on.
    private var collection: Int?
    private var collectionCount = 0

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
        switch schedule.advance(to: .now()) {
        case .push(let deadline): collect(until: deadline)
        case .wait(let time):
            timer = loop.schedule(at: time) { [weak self] in self?.advance() }
        case .end:
            completion?()
            completion = nil
        }
    }

    /// Pushes a last time, and calls `completion`.
    func finish(by end: MonotonicTime, _ completion: @escaping @Sendable () -> Void) {
        interruption.set(end)
        schedule.stop(by: end)
        self.completion = completion
        // A push that goes on leads to the last one.
        if collection != nil { return }
        cancelTimer()
        advance()
    }

    private func cancelTimer() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    // MARK: One push

    /// The source asks other threads, which may be stuck.
    private static let collectionLimit = Duration.seconds(2)

    private func collect(until deadline: MonotonicTime) {
        collectionCount += 1
        let number = collectionCount
        collection = number
        let limit = min(deadline, .now() + Self.collectionLimit)
        timer = loop.schedule(at: limit) { [weak self] in
            self?.collected(nil, number, deadline)
        }
        let bound = LoopBound(self, on: loop)
        source { families in
            bound.loop.post { bound.value.collected(families, number, deadline) }
        }
    }

    /// The values of a collection are here; nil when they have not come in time.
    private func collected(_ families: [MetricFamily]?, _ number: Int, _ deadline: MonotonicTime) {
        guard number == collection else { return }
        collection = nil
        cancelTimer()
        let result = push(families, until: deadline)
        schedule.pushed(result, at: .now(), chance: .random(in: 0...1))
        advance()
    }

    private func push(
        _ families: [MetricFamily]?, until deadline: MonotonicTime
    ) -> PushSchedule.Result {
        let attempt = PushAttempt(
            configuration: configuration, deadline: deadline, interruption: interruption)
        do throws(PushFailure) {
            guard let families else { throw .notCollected }
            var batches = MetricsBatches(
                families, of: configuration.attributes, version: version, times.readNow())
            let answer = try attempt.run(&batches)
            counters.add {
                $0.delivered += 1
                $0.rejectedPoints &+= answer.rejectedPoints
            }
            log.delivered(answer)
            return .delivered
        } catch {
            counters.add { $0.failed += 1 }
            log.failed(error)
            return error.result
        }
    }
}
