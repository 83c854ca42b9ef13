// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Inference
import Testing

@testable import OpenAIBackend

@Suite("Looks at the upstream")
struct UpstreamLooksTests {
    private typealias State = UpstreamHealth.State
    private let down = State.unreachable(reason: "down")

    /// The states that these answers lead to, one after the other.
    private func states(_ answers: [State]) -> [State] {
        var looks = UpstreamLooks()
        return answers.compactMap { looks.take($0) ? looks.state : nil }
    }

    @Test("The first answer decides, and so does the first good one of a server that starts")
    func start() {
        #expect(states([.ready]) == [.ready])
        #expect(states([down, .loading, .loading, .ready]) == [down, .loading, .ready])
    }

    @Test("One bad answer is nothing, two in a row are the end, whatever each says")
    func loss() {
        let flips = (0..<100).flatMap { _ in [down, .ready] }
        #expect(states([.ready] + flips) == [.ready])
        #expect(states([.ready] + flips + [down, .loading]) == [.ready, .loading])
    }

    @Test("What was ready before has to be ready for a while; what comes and goes stays away")
    func recovery() {
        let almost = [State](repeating: .ready, count: UpstreamLooks.answersOfRecovery - 1)
        let flips = (0..<100).flatMap { _ in almost + [down] }
        let lost: [State] = [.ready, down, down]
        #expect(states(lost + flips + almost) == [.ready, down])
        #expect(states(lost + flips + almost + [.ready]) == [.ready, down, .ready])
    }
}
