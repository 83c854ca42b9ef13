// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
package import Exposition
import Flags
package import Logging
package import SystemIO

/// Pushes metrics to a collector, from a thread of its own: one that hangs delays nothing else.
package final class MetricsPush: Sendable {
    /// Reads all families and hands them over, from any thread; called on the thread of the pushes.
    package typealias Source = @Sendable (@escaping @Sendable ([MetricFamily]) -> Void) -> Void

    /// What became of the pushes so far.
    package let counters: PushCounters
    private let interruption = PushInterruption()
    private let driver: LoopBound<PushDriver>

    /// Starts the thread and the schedule.
    ///
    /// - Parameters:
    ///   - attributes: What the metrics are about, where the configuration does not say.
    ///   - start: When counters were zero.
    package init(
        _ configuration: PushConfiguration, attributes: [PushAttribute] = [], version: String,
        start: MonotonicTime, counters: PushCounters = PushCounters(), logger: Logger,
        source: @escaping Source
    ) throws(SystemCallError) {
        let loop = try EventLoopGroup(count: 1, name: "otlp", niceness: 10).loops[0]
        var configuration = configuration
        configuration.attributes.addMissing(attributes)
        self.counters = counters
        driver = LoopBound(
            PushDriver(
                configuration, version: version, start: start,
                log: PushLog(logger, endpoint: configuration.endpoint), counters: counters,
                interruption: interruption, on: loop, source: source),
            on: loop)
        logger.info(
            "metrics are pushed",
            metadata: [
                "endpoint": "\(configuration.endpoint)",
                "interval": "\(configuration.interval.goText)",
            ])
        loop.post { [driver] in driver.value.advance() }
    }

    deinit { driver.loop.stop() }

    /// Pushes a last time, until `end` at most. `completion` is called when that is over, on the
    /// thread of the pushes; later than `end` when something there hangs, such as a name server.
    package func finish(by end: MonotonicTime, _ completion: @escaping @Sendable () -> Void) {
        // Half of the time is for a push that goes on, the other half for the last one.
        let now = MonotonicTime.now()
        interruption.set(now + (end - now) / 2)
        driver.loop.post { [driver] in driver.value.finish(by: end, completion) }
    }
}
