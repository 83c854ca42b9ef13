// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import Testing

@testable import CheckEngine

@Suite("The filter of results")
struct ResultFilterTests {
    private func states(_ results: [Outcome.State]) -> [Outcome.State?] {
        var filter = ResultFilter(fall: 3, rise: 2)
        return results.map { result in
            _ = filter.observe(result)
            return filter.state
        }
    }

    @Test("The first result decides, three worse ones in a row do, and two better ones")
    func thresholds() {
        let results: [Outcome.State] = [
            .healthy, .unhealthy, .unhealthy, .healthy, .unhealthy, .unhealthy, .unhealthy,
            .healthy, .healthy,
        ]
        #expect(
            states(results) == [
                .healthy, .healthy, .healthy, .healthy, .healthy, .healthy, .unhealthy, .unhealthy,
                .healthy,
            ])
    }

    @Test("Of several that contradict, the one nearest to the state is believed")
    func nearest() {
        #expect(states([.healthy, .unhealthy, .degraded, .unhealthy]).last == .degraded)
        #expect(
            states([.healthy, .unhealthy, .unhealthy, .unhealthy, .healthy, .degraded]).last
                == .degraded)
        #expect(
            states([.healthy, .degraded, .degraded, .degraded, .healthy, .unhealthy, .healthy]).last
                == .degraded)
    }

    @Test("What was never healthy becomes better at once")
    func starting() {
        #expect(states([.unhealthy, .unhealthy, .healthy]).last == .healthy)
        #expect(states([.unhealthy, .degraded, .healthy]) == [.unhealthy, .degraded, .healthy])
        var filter = ResultFilter(fall: 3, rise: 2)
        for result in [Outcome.State.healthy, .unhealthy, .unhealthy, .unhealthy, .healthy] {
            _ = filter.observe(result)
        }
        #expect(filter.state == .unhealthy)
        filter.reset()
        for result in [Outcome.State.unhealthy, .healthy] { _ = filter.observe(result) }
        #expect(filter.state == .healthy)
    }

    @Test("After a reset the next result decides")
    func reset() {
        var filter = ResultFilter(fall: 3, rise: 2)
        _ = filter.observe(.healthy)
        filter.reset()
        #expect(filter.state == nil)
        let hasChanged = filter.observe(.unhealthy)
        #expect(hasChanged)
    }
}
