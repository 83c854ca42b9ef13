// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HealthProtocol
import Testing

@testable import StatusBoard

@Suite("A loop's view of the board")
struct BoardViewTests {
    private let board = Board(rules: [("readiness", .outcome("memory"))])
    private let loop: EventLoop

    init() throws { loop = try EventLoop() }

    private func low(_ figures: String) -> Outcome {
        Outcome(.unhealthy, .lowMemory, reason: "low", figures: figures)
    }

    /// Does all that was posted to the loop.
    private func runPosted() {
        loop.stop()
        loop.run()
    }

    @Test("It starts with what there is, and follows on the loop")
    func following() {
        board.report(.healthy, for: "memory")
        let view = board.makeView(on: loop)
        #expect(view.snapshot.revision == board.snapshot.revision)
        board.report(low("1 MiB"), for: "memory")
        #expect(view.snapshot.verdict(of: "readiness")?.isServing == true)
        runPosted()
        #expect(view.snapshot.verdict(of: "readiness")?.isServing == false)
        #expect(view.snapshot.revision == board.snapshot.revision)
    }

    @Test("Changes that come together are one, with the newest snapshot")
    func coalescing() {
        let view = board.makeView(on: loop)
        var seen: [String?] = []
        _ = view.subscribe { seen.append(view.snapshot.outcome(of: "memory")?.figures) }
        for megabytes in 1...1000 { board.report(low("\(megabytes) MiB"), for: "memory") }
        runPosted()
        #expect(seen == ["1000 MiB"])
    }

    @Test("A subscription that has ended is not called again, and holds nothing")
    func ending() {
        final class Held {}
        let view = board.makeView(on: loop)
        weak var held: Held?
        var calls = 0
        var others = 0
        var first: BoardView.Subscription?
        do {
            let object = Held()
            held = object
            first = view.subscribe { withExtendedLifetime(object) { calls += 1 } }
        }
        // The second one is ended by the first call of the third.
        let second = view.subscribe { others += 1 }
        _ = view.subscribe {
            view.end(second)
            if let first { view.end(first) }
        }
        board.report(.healthy, for: "memory")
        runPosted()
        board.report(low("2 MiB"), for: "memory")
        runPosted()
        #expect(calls == 1 && others == 1 && held == nil && view.subscriberCount == 1)
        view.end(second)
        #expect(view.subscriberCount == 1)
    }

    @Test("A board does not keep a view that nobody holds, and goes on")
    func views() {
        let makeUnheld = { [board, loop] in
            let view = board.makeView(on: loop)
            return { [weak view] in view }
        }
        #expect(makeUnheld()() == nil)
        let kept = board.makeView(on: loop)
        for outcome in [Outcome.healthy, low("1 MiB"), .healthy] {
            board.report(outcome, for: "memory")
            runPosted()
        }
        #expect(kept.snapshot.revision == board.snapshot.revision && board.feedCount == 1)
    }

    @Test("A view whose loop does not run costs one snapshot, and a producer never waits for it")
    func stoppedLoop() {
        let view = board.makeView(on: loop)
        let first = view.snapshot.revision
        for megabytes in 1...1000 { board.report(low("\(megabytes) MiB"), for: "memory") }
        #expect(view.snapshot.revision == first)
        #expect(board.snapshot.revision == first + 1000)
    }
}
