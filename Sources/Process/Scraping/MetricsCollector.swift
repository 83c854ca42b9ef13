// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import Exposition
import SystemIO

/// Collects the metrics of all sources for those who ask. Belongs to its loop, which should serve no requests.
///
/// Those who ask while a collection goes on share the next one, so that each sees everything that was counted before it
/// asked. Collections begin at least 20 ms apart: however many ask, they cost a bounded part of the time. Where collections are
/// expensive, each has a lifetime in which it is the answer for all who ask.
package final class MetricsCollector {
    /// Called on the collector's loop.
    package typealias Completion = (CollectedMetrics) -> Void

    private let loop: EventLoop
    private let sources: [any MetricSource]
    private var waiting: [Completion] = []
    private var isBusy = false
    /// The number of the collection that goes on, or was the latest.
    private var collection = 0
    private var completions: [Completion] = []
    private var families: [MetricFamily] = []
    private var timer: TimerID?
    private var nextStart = MonotonicTime(nanoseconds: .min)

    static let interval = Duration.milliseconds(20)
    /// A collection ends after this time with what has come.
    private let patience: Duration
    private let lifetime: Duration
    /// The latest collection, for as long as it lives.
    private var latest: CollectedMetrics?

    /// A collector of these sources, whose families follow each other in this order.
    package init(
        _ sources: [any MetricSource], on loop: EventLoop, patience: Duration = .seconds(1),
        lifetime: Duration = .zero
    ) {
        self.patience = patience
        self.lifetime = lifetime
        self.sources = sources
        self.loop = loop
    }

    /// Collects, and calls `completion`.
    package func collect(_ completion: @escaping Completion) {
        if let latest { return completion(latest) }
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
        collection += 1
        let number = collection
        completions = waiting
        waiting = []
        families = []
        // A loop that hangs must not keep the metrics of the others back, least of all those that say so.
        timer = loop.schedule(at: now + patience) { [self] in finish(number) }
        ask(0, in: number)
    }

    private func ask(_ index: Int, in number: Int) {
        guard index < sources.count else { return finish(number) }
        let home = LoopBound(self, on: loop)
        sources[index].collect { families in
            home.loop.post {
                let collector = home.value
                guard collector.collection == number, collector.isBusy else { return }
                collector.families += families
                collector.ask(index + 1, in: number)
            }
        }
    }

    /// Gives out what was collected.
    private func finish(_ number: Int) {
        guard number == collection, isBusy else { return }
        if let timer { loop.cancel(timer) }
        timer = nil
        isBusy = false
        let collected = CollectedMetrics(families)
        var completions = completions
        if lifetime > .zero {
            // Those who asked meanwhile would get it as well if they asked now.
            completions += waiting
            waiting = []
            latest = collected
            _ = loop.schedule(at: .now() + lifetime) { [self] in latest = nil }
        }
        (families, self.completions) = ([], [])
        for completion in completions { completion(collected) }
        if !isBusy, !waiting.isEmpty { startNext() }
    }
}
