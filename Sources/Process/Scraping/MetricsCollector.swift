// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import Exposition
import SystemIO

/// Collects the metrics of all sources for those who ask. Belongs to its loop, which should serve no requests.
///
/// Those who ask while a collection goes on share the next one, so that each sees everything that was counted before it
/// asked. Collections begin at least 20 ms apart: however many ask, they cost a bounded part of the time.
package final class MetricsCollector {
    /// Called on the collector's loop.
    package typealias Completion = (CollectedMetrics) -> Void

    private let loop: EventLoop
    private let sources: [any MetricSource]
    private var waiting: [Completion] = []
    private var isBusy = false
    private var nextStart = MonotonicTime(nanoseconds: .min)

    static let interval = Duration.milliseconds(20)

    /// A collector of these sources, whose families follow each other in this order.
    package init(_ sources: [any MetricSource], on loop: EventLoop) {
        self.sources = sources
        self.loop = loop
    }

    /// How many wait for a collection that has not begun.
    package var waitingCount: Int { waiting.count }

    /// Collects, and calls `completion`.
    package func collect(_ completion: @escaping Completion) {
        waiting.append(completion)
        if !isBusy { startNext() }
    }

    private func startNext() {
        isBusy = true
        let now = MonotonicTime.now()
        if now >= nextStart { return start(at: now) }
        _ = loop.schedule(at: nextStart) { [self] in start(at: .now()) }
    }

    private func start(at now: MonotonicTime) {
        nextStart = now + Self.interval
        let completions = waiting
        waiting = []
        ask(0, []) { [self] families in
            let collected = CollectedMetrics(families)
            for completion in completions { completion(collected) }
            isBusy = false
            if !waiting.isEmpty { startNext() }
        }
    }

    private func ask(
        _ index: Int, _ soFar: [MetricFamily],
        _ completion: @escaping ([MetricFamily]) -> Void
    ) {
        guard index < sources.count else { return completion(soFar) }
        let home = LoopBound((self, completion), on: loop)
        sources[index].collect { families in
            home.loop.post {
                let (collector, completion) = home.value
                collector.ask(index + 1, soFar + families, completion)
            }
        }
    }
}
