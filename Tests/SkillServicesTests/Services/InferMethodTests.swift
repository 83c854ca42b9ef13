// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import Inference
import Models
import SystemIO
import TestSupport
import Testing

@testable import SkillServices

@Suite("Infer")
struct InferMethodTests {
    @Test("As many run as there are workers; the others wait their turn, in their order")
    func order() async throws {
        let fixture = try InferFixture(workers: 2)
        var calls = [fixture.call("0")]
        #expect(fixture.backend.begun.next() == "0")
        // Both run at once, on threads of their own: the second is not asked before the first has begun.
        calls.append(fixture.call("1"))
        #expect(fixture.backend.begun.next() == "1")
        for number in 2...4 {
            calls.append(fixture.call("\(number)"))
            try fixture.wait { $0.depth == number - 1 }
        }
        #expect(fixture.queue.load.busyWorkers == 2)
        for (done, next) in [("1", "2"), ("2", "3"), ("0", "4")] {
            fixture.backend.gates.open(done)
            #expect(fixture.backend.begun.next() == next)
        }
        for prompt in ["3", "4"] { fixture.backend.gates.open(prompt) }
        for call in calls { #expect(await call.value == .ok) }
        try fixture.wait { $0.busyWorkers == 0 && $0.depth == 0 }
        let counts = fixture.metrics.total
        #expect(counts.requests == 5 && counts.tokens == 15 && counts.failures.isEmpty)
        #expect(counts.latencies.count == 5 && counts.waits.count == 5)
    }

    @Test("A request whose client goes away while it waits leaves the queue and never starts")
    func cancelledInQueue() async throws {
        let fixture = try InferFixture()
        let first = fixture.call("first")
        #expect(fixture.backend.begun.next() == "first")
        let second = fixture.call("second")
        try fixture.wait { $0.depth == 1 }
        second.cancel()
        #expect(await second.value == .cancelled)
        try fixture.wait { $0.depth == 0 && $0.busyWorkers == 1 }
        fixture.backend.gates.open("first")
        #expect(await first.value == .ok)
        let third = fixture.call("third")
        #expect(fixture.backend.begun.next() == "third")
        fixture.backend.gates.open("third")
        #expect(await third.value == .ok)
        #expect(fixture.metrics.total.failures == [.cancelled: 1])
    }

    @Test("A request whose deadline passes while it waits leaves the queue and never starts")
    func deadlineInQueue() async throws {
        let fixture = try InferFixture()
        let first = fixture.call("first")
        #expect(fixture.backend.begun.next() == "first")
        let second = fixture.call("second", timeout: .milliseconds(20))
        #expect(await second.value == .deadlineExceeded)
        try fixture.wait { $0.depth == 0 }
        fixture.backend.gates.open("first")
        #expect(await first.value == .ok)
        try fixture.wait { $0.busyWorkers == 0 }
        #expect(fixture.backend.begun.count == 0)
        #expect(fixture.metrics.total.failures == [.deadlineExceeded: 1])
    }

    @Test("A request that comes cancelled, or too late, never starts", arguments: [true, false])
    func tooLate(_ isCancelled: Bool) async throws {
        let fixture = try InferFixture()
        let call = fixture.call("late", timeout: isCancelled ? .seconds(60) : .zero)
        if isCancelled { call.cancel() }
        let code = await call.value
        // A cancellation may come after the start, but never too late for the backend to notice.
        #expect(code == (isCancelled ? .cancelled : .deadlineExceeded))
        try fixture.wait { $0.busyWorkers == 0 }
        if !isCancelled { #expect(fixture.backend.begun.count == 0) }
    }

    @Test("The time limit ends a request whose client would wait longer, and stops its backend")
    func timeLimit() async throws {
        let fixture = try InferFixture(timeLimit: .milliseconds(50))
        let call = fixture.call("slow", timeout: .seconds(60))
        #expect(await call.value == .deadlineExceeded)
        #expect(fixture.backend.ended.next() == .init(prompt: "slow", wasCancelled: true))
        try fixture.wait { $0.busyWorkers == 0 }
        #expect(fixture.metrics.total.tokens == 0)
    }

    @Test(
        "A backend that ignores its cancellation holds its worker, not its client, and shows as a stall"
    )
    func stubborn() async throws {
        let fixture = try InferFixture(stopsWhenCancelled: false)
        let call = fixture.call("stubborn")
        #expect(fixture.backend.begun.next() == "stubborn")
        let next = fixture.call("next")
        try fixture.wait { $0.depth == 1 }
        call.cancel()
        #expect(await call.value == .cancelled)
        #expect(fixture.queue.load.busyWorkers == 1 && fixture.queue.load.depth == 1)
        let later = MonotonicTime.now() + .seconds(100)
        guard case .stalled(1, _) = activity(fixture, at: later) else {
            Issue.record("no stall: \(activity(fixture, at: later))")
            return
        }
        fixture.backend.gates.open("stubborn")
        #expect(fixture.backend.ended.next() == .init(prompt: "stubborn", wasCancelled: true))
        #expect(fixture.backend.begun.next() == "next")
        fixture.backend.gates.open("next")
        #expect(await next.value == .ok)
        try fixture.wait { $0.busyWorkers == 0 }
        #expect(activity(fixture, at: later) == .idle)
    }

    private func activity(
        _ fixture: InferFixture, at time: MonotonicTime
    ) -> Progress.Activity {
        fixture.state.progress.activity(at: time, stallAfter: .seconds(50))
    }

    @Test("A full queue rejects at once, and those in it are not affected")
    func full() async throws {
        let fixture = try InferFixture(depth: 1)
        let first = fixture.call("first")
        #expect(fixture.backend.begun.next() == "first")
        let second = fixture.call("second")
        try fixture.wait { $0.depth == 1 }
        #expect(await fixture.call("third").value == .resourceExhausted)
        for prompt in ["first", "second"] { fixture.backend.gates.open(prompt) }
        #expect(await first.value == .ok)
        #expect(await second.value == .ok)
        let counts = fixture.metrics.total
        #expect(counts.requests == 3 && counts.failures == [.resourceExhausted: 1])
        #expect(counts.latencies.count == 2)
    }

    @Test("What the backend throws is what the client gets, and the worker is free")
    func backendFails() async throws {
        let fixture = try InferFixture()
        fixture.backend.gates.open("fail")
        #expect(await fixture.call("fail").value == .dataLoss)
        try fixture.wait { $0.busyWorkers == 0 }
        #expect(fixture.metrics.total.failures == [.dataLoss: 1])
    }

    @Test("The queue tells when it has become long, and when it is short again")
    func length() async throws {
        let fixture = try InferFixture(readyDepth: 2)
        let calls = (0...2).map { fixture.call("\($0)") }
        _ = try #require(fixture.lengthChanges.next())
        #expect(fixture.queue.load.isLong)
        for number in 0...2 { fixture.backend.gates.open("\(number)") }
        _ = try #require(fixture.lengthChanges.next())
        #expect(!fixture.queue.load.isLong)
        for call in calls { #expect(await call.value == .ok) }
        #expect(fixture.lengthChanges.count == 0)
    }

    @Test("Without a model it is UNAVAILABLE, and nothing waits")
    func noModel() async throws {
        let fixture = try InferFixture()
        fixture.state.handle([.unloaded(0)])
        #expect(await fixture.call("anyone?").value == .unavailable)
        #expect(fixture.backend.begun.count == 0 && fixture.queue.load.busyWorkers == 0)
        #expect(fixture.metrics.total.latencies.count == 0)
    }
}
