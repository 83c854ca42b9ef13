// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Exposition
import Synchronization
import SystemIO
import TestSupport
import Testing

@testable import Scraping

/// Counts how often it is asked, and answers when it is let.
final class SlowSource: MetricSource {
    let asked = Mailbox<Void>()
    private let answers = Mutex<[@Sendable ([MetricFamily]) -> Void]>([])
    private let count = Atomic<Int>(0)

    func collect(_ completion: @escaping @Sendable ([MetricFamily]) -> Void) {
        count.add(1, ordering: .relaxed)
        answers.withLock { $0.append(completion) }
        asked.put(())
    }

    var askedCount: Int { count.load(ordering: .relaxed) }

    /// Answers what was asked first, with the number of questions so far.
    func answer() {
        let answer = answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        answer?([MetricFamily(.gauge, "asked", help: "A.", .integer(askedCount))])
    }
}

@Suite("The collector of metrics")
final class MetricsCollectorTests {
    private let group: EventLoopGroup
    private let source = SlowSource()
    private let collector: LoopBound<MetricsCollector>

    init() throws {
        group = try EventLoopGroup(count: 1)
        let loop = group.loops[0]
        let after = DirectSource { [MetricFamily(.gauge, "after", help: "B.", .integer(1))] }
        collector = LoopBound(MetricsCollector([source, after], on: loop), on: loop)
    }

    deinit { group.stop() }

    private func ask(_ mailbox: Mailbox<[MetricFamily]>) {
        collector.loop.post { [collector] in collector.value.collect { mailbox.put($0.families) } }
    }

    @Test("gives the families of its sources in their order")
    func order() throws {
        let mailbox = Mailbox<[MetricFamily]>()
        ask(mailbox)
        _ = try #require(source.asked.next())
        source.answer()
        #expect(try #require(mailbox.next()).map(\.name) == ["asked", "after"])
    }

    @Test("shares one collection between all who ask before it begins")
    func sharing() throws {
        let first = Mailbox<[MetricFamily]>()
        ask(first)
        _ = try #require(source.asked.next())
        // They ask while one goes on: what it has read already may be older than what they have seen.
        let others = (0..<10).map { _ in Mailbox<[MetricFamily]>() }
        for other in others { ask(other) }
        source.answer()
        #expect(try #require(first.next())[0].points[0].value == .integer(1))
        _ = try #require(source.asked.next())
        source.answer()
        for other in others {
            #expect(try #require(other.next())[0].points[0].value == .integer(2))
        }
        #expect(source.askedCount == 2)
    }

    @Test("answers all who ask within the lifetime of a collection with that one")
    func lifetime() throws {
        let loop = group.loops[0]
        let patient = LoopBound(
            MetricsCollector([source], on: loop, lifetime: .seconds(600)), on: loop)
        let mailbox = Mailbox<[MetricFamily]>()
        let ask = { loop.post { patient.value.collect { mailbox.put($0.families) } } }
        ask()
        _ = try #require(source.asked.next())
        ask()
        source.answer()
        ask()
        for _ in 0..<3 {
            #expect(try #require(mailbox.next())[0].points[0].value == .integer(1))
        }
        #expect(source.askedCount == 1)
    }

    @Test("begins no collection before the pause after the one before is over")
    func pause() throws {
        let mailbox = Mailbox<[MetricFamily]>()
        let start = MonotonicTime.now()
        for _ in 0..<3 {
            ask(mailbox)
            _ = try #require(source.asked.next())
            source.answer()
            _ = try #require(mailbox.next())
        }
        #expect(MonotonicTime.now() - start >= MetricsCollector.interval * 2)
    }
}
