// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@testable import OpenAIBackend

@Suite("The readiness of the upstream")
struct UpstreamReadinessTests {
    private typealias State = UpstreamHealth.State
    private let down = State.unreachable(reason: "down")

    /// The states that these answers lead to, one after the other.
    private func states(_ answers: [State]) -> [State] {
        var readiness = UpstreamReadiness()
        let now = MonotonicTime(nanoseconds: 0)
        return answers.compactMap { readiness.observe($0, at: now) ? readiness.state : nil }
    }

    @Test("The first answer decides, and so does the first good one of a server that starts")
    func start() {
        #expect(states([.ready]) == [.ready])
        #expect(states([down, .loading, .loading, .ready]) == [down, .loading, .ready])
    }

    @Test("One bad answer changes nothing, two in a row end readiness, whatever their states")
    func loss() {
        let flips = (0..<100).flatMap { _ in [down, .ready] }
        #expect(states([.ready] + flips) == [.ready])
        #expect(states([.ready] + flips + [down, .loading]) == [.ready, .loading])
    }

    @Test(
        "After a loss, ready must be seen for a while; an upstream that comes and goes stays not ready"
    )
    func recovery() {
        let almost = [State](repeating: .ready, count: UpstreamReadiness.answersOfRecovery - 1)
        let flips = (0..<100).flatMap { _ in almost + [down] }
        let lost: [State] = [.ready, down, down]
        #expect(states(lost + flips + almost) == [.ready, down])
        #expect(states(lost + flips + almost + [.ready]) == [.ready, down, .ready])
    }
}
