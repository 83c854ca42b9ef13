// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import EventLoops
import StatusBoard
import SystemIO

/// Asks a model only when the counter of its server stands still. Belongs to the loop.
///
/// ```
///   counter -- has moved --> healthy
///           -- otherwise --> model --> counter, which the answer has moved --> the model's result
/// ```
final class LLMProgressRunner: CheckRunner {
    private let model: any CheckRunner
    private let loop: EventLoop
    private lazy var counter = makeCounter()
    private let progress: LLMProgress
    private let context: CheckContext
    private var timer: TimerID?
    /// What this run has read; nil when there was no number.
    private var reading: Double?
    /// With what the next run compares; nil when that would say nothing.
    private var latest: Double?

    init(_ progress: LLMProgress, _ model: any CheckRunner, _ context: CheckContext) {
        self.progress = progress
        self.model = model
        self.context = context
        loop = context.loop
    }

    private func makeCounter() -> any CheckRunner {
        progress.makeRunner(context) { [weak self] in self?.reading = $0 }
    }

    func begin(timeout: Duration, _ completion: @escaping (CheckResult) -> Void) {
        let end = MonotonicTime.now() + timeout
        read(within: timeout / 4) { [weak self] in
            guard let self else { return }
            let before = latest
            latest = reading
            if let before, let reading, reading > before {
                let moved = ["progress": "\(reading - before)"]
                return completion(CheckResult(.healthy, details: moved))
            }
            // Until it was read again: the question itself moves it.
            latest = nil
            ask(until: end, completion)
        }
    }

    private func ask(until end: MonotonicTime, _ completion: @escaping (CheckResult) -> Void) {
        model.begin(timeout: end - .now()) { [weak self] result in
            guard let self, result.state == .healthy else { return completion(result) }
            // The result must not come too late for it.
            read(within: (end - .now()) / 2) { [weak self] in
                self?.latest = self?.reading
                completion(result)
            }
        }
    }

    /// Reads the counter; one that does not answer in time has no number.
    private func read(within limit: Duration, _ done: @escaping () -> Void) {
        reading = nil
        timer = loop.schedule(at: .now() + limit) { [weak self] in
            self?.timer = nil
            self?.counter.cancel(done)
        }
        counter.begin(timeout: limit) { [weak self] _ in
            self?.stopTimer()
            done()
        }
    }

    private func stopTimer() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    func cancel(_ released: @escaping () -> Void) {
        stopTimer()
        counter.cancel { [model] in model.cancel(released) }
    }
}
