// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Synchronization
import SystemIO
import TestSupport
import Testing

@testable import ServedRegistry

@Suite("The turns of a desk")
struct DeskTurnsTests {
    /// Longer than a time slice.
    private static func workLong() {
        let end = MonotonicTime.now() + .microseconds(100)
        while .now() < end {}
    }

    /// Runs on a loop, with turns that it can use.
    private func run<Value: Sendable>(
        _ work: @escaping @Sendable (DeskTurns, EventLoop, Mailbox<Value>) -> Void
    ) throws -> Value {
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let (loop, box) = (group.loops[0], Mailbox<Value>())
        loop.post {
            let turns = DeskTurns(on: loop)
            work(turns, loop, box)
            // Held until all is done.
            _ = loop.schedule(at: .now() + .seconds(600)) { _ = turns }
        }
        return try #require(box.next())
    }

    @Test("Of what takes long one is done in a tick, so that timers have their turn between")
    func slices() throws {
        let ticks = try run { (turns, loop, box: Mailbox<[Int]>) in
            let done = Done()
            for index in 0..<5 {
                turns.wait(in: .requests) {
                    Self.workLong()
                    done.ticks.append(loop.ticks)
                    if index == 4 { box.put(done.ticks) }
                }
            }
        }
        #expect(Set(ticks).count == 5 && ticks == ticks.sorted())
    }

    @Test("Requests and streams are served in turns, each in the order in which they came")
    func lines() throws {
        let order = try run { (turns, _, box: Mailbox<String>) in
            let done = Done()
            for name in ["s1", "s2", "s3"] { turns.wait(in: .streams) { done.text += name } }
            for name in ["r1", "r2"] { turns.wait(in: .requests) { done.text += name } }
            turns.wait(in: .streams) { box.put(done.text) }
        }
        #expect(["s1r1s2r2s3", "r1s1r2s2s3"].contains(order))
    }

    @Test("What is done at once takes the turn of its tick, and does not pass those who wait")
    func atOnce() throws {
        let turns = try run { (turns, loop, box: Mailbox<[Bool]>) in
            let first = [turns.takeTurn(), turns.takeTurn()]
            let done = Done()
            // The tick of this one begins with it.
            turns.wait(in: .requests) { done.ticks.append(loop.ticks) }
            let tick = loop.ticks
            turns.wait(in: .requests) {
                box.put(first + [turns.takeTurn(), done.ticks == [tick + 1]])
            }
        }
        #expect(turns == [true, false, false, true])
    }

    @Test("Many that came and went leave nothing behind")
    func many() throws {
        let left = try run { (turns, loop, box: Mailbox<Int>) in
            let done = Done()
            func add() {
                done.ticks.append(0)
                if done.ticks.count == 3000 { return box.put(turns.count) }
                turns.wait(in: .streams) { add() }
            }
            add()
        }
        #expect(left == 0)
    }

    private final class Done {
        var ticks: [Int] = []
        var text = ""
    }
}
