// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import Synchronization
import SystemIO
import TestSupport
import Testing

@Suite("An event loop")
struct EventLoopTests {
    @Test("Posted work runs on the loop's thread, and wakes it up")
    func post() throws {
        let fixture = try LoopFixture()
        let loop = fixture.loop
        #expect(!loop.isCurrent)
        for _ in 0..<100 { #expect(try fixture.run { loop.isCurrent }) }
    }

    @Test("A loop is idle while it waits, and not while it works or has work before it")
    func idle() throws {
        let fixture = try LoopFixture()
        let loop = fixture.loop
        try wait("it comes to rest") { loop.isIdle }
        let (isHeld, release) = (Mailbox<Void>(), Mailbox<Void>())
        loop.post {
            isHeld.put(())
            _ = release.next()
        }
        #expect(!loop.isIdle)
        #expect(isHeld.next() != nil)
        #expect(!loop.isIdle)
        release.put(())
    }

    @Test("To the kernel a loop without work sleeps, and one that works does not")
    func sleep() throws {
        let fixture = try LoopFixture()
        let loop = fixture.loop
        let deadline = MonotonicTime.now() + .seconds(30)
        while !loop.isAsleep {
            try #require(MonotonicTime.now() < deadline, "it did not fall asleep within 30 s")
            sched_yield()
        }
        #expect(try fixture.run { !loop.isAsleep })
        #expect(try !EventLoop().isAsleep, "it has no thread")
    }

    @Test("Work posted by several threads keeps the order of each")
    func order() throws {
        let fixture = try LoopFixture()
        let loop = fixture.loop
        let seen = Mutex<[Int: [Int]]>([:])
        let (threads, each) = (8, 2000)
        let done = Mailbox<Void>()
        for thread in 0..<threads {
            let poster = try EventLoopGroup(count: 1)
            poster.loops[0].post {
                for index in 0..<each {
                    loop.post { seen.withLock { $0[thread, default: []].append(index) } }
                }
                loop.post { done.put(()) }
                poster.stop()
            }
        }
        for _ in 0..<threads { #expect(done.next() != nil) }
        seen.withLock { seen in
            for thread in 0..<threads { #expect(seen[thread] == Array(0..<each)) }
        }
    }

    @Test("Work that was posted before a byte arrived is done before the byte is read")
    func postBeforeByte() throws {
        let fixture = try LoopFixture()
        let loop = fixture.loop
        let (pipe, seen) = (try Pipe(), Mailbox<String>())
        try fixture.run {
            let recorder = Recorder()
            recorder.onReady = { _ in
                pipe.take()
                seen.put("byte")
            }
            _ = try loop.register(pipe.reader, .readable, recorder)
        }
        for _ in 0..<20 {
            // Held, so that it finds both at once.
            let (isHeld, release) = (Mailbox<Void>(), Mailbox<Void>())
            loop.post {
                isHeld.put(())
                _ = release.next()
            }
            #expect(isHeld.next() != nil)
            loop.post { seen.put("work") }
            pipe.put()
            release.put(())
            #expect([seen.next(), seen.next()] == ["work", "byte"])
        }
    }

    @Test("Work that posts work does not hold the loop")
    func postFromLoop() throws {
        let fixture = try LoopFixture()
        let loop = fixture.loop
        let pipe = try Pipe()
        let isDone = Atomic(false)
        @Sendable func again() { if !isDone.load(ordering: .relaxed) { loop.post(again) } }
        loop.post(again)
        let events = Mailbox<Readiness>()
        try fixture.run {
            let recorder = Recorder()
            recorder.onReady = {
                pipe.take()
                events.put($0)
            }
            _ = try loop.register(pipe.reader, .readable, recorder)
        }
        pipe.put()
        #expect(events.next() == .readable)
        isDone.store(true, ordering: .relaxed)
    }

    @Test("What is posted before the stop still runs, and the loop then ends")
    func stop() throws {
        let loop = try EventLoop()
        let count = Atomic(0)
        for _ in 0..<100 { loop.post { count.add(1, ordering: .relaxed) } }
        loop.stop()
        for _ in 0..<100 { loop.post { count.add(1, ordering: .relaxed) } }
        loop.run()
        #expect(count.load(ordering: .relaxed) == 200)
        #expect(!loop.isCurrent)
    }

    @Test("A timer fires at its deadline, not before, and only once")
    func timer() throws {
        let fixture = try LoopFixture()
        let loop = fixture.loop
        let fired = Mailbox<Bool>()
        let deadline = MonotonicTime.now() + .milliseconds(20)
        loop.post {
            _ = loop.schedule(at: deadline) { fired.put(MonotonicTime.now() >= deadline) }
            let cancelled = loop.schedule(at: deadline) { fired.put(false) }
            loop.cancel(cancelled)
        }
        #expect(fired.next() == true)
        try fixture.run {}
        #expect(fired.count == 0)
    }

    @Test("A timer that sets itself anew for now does not hold the loop")
    func eagerTimer() throws {
        let fixture = try LoopFixture()
        let loop = fixture.loop
        let isDone = Atomic(false)
        let ticks = Mailbox<Void>()
        @Sendable func again() {
            if isDone.load(ordering: .relaxed) { return }
            _ = loop.schedule(at: loop.now) { again() }
        }
        loop.post { again() }
        loop.post { ticks.put(()) }
        defer { isDone.store(true, ordering: .relaxed) }
        for _ in 0..<10 {
            try #require(ticks.next() != nil)
            loop.post { ticks.put(()) }
        }
    }

    @Test("A handler sees the time of its own tick, also after a long wait")
    func freshTime() throws {
        let fixture = try LoopFixture()
        let loop = fixture.loop
        let pipe = try Pipe()
        let seen = Mailbox<MonotonicTime>()
        try fixture.run {
            let recorder = Recorder()
            recorder.onReady = { [unowned loop] _ in
                pipe.take()
                seen.put(loop.now)
            }
            _ = try loop.register(pipe.reader, .readable, recorder)
        }
        for _ in 0..<3 {
            // The loop sleeps, since some time before this.
            let before = MonotonicTime.now()
            pipe.put()
            #expect(try #require(seen.next()) >= before)
        }
    }

    @Test("The ends of a tick come after its events, timers and posted work, and include their own")
    func endOfTurn() throws {
        let loop = try EventLoop()
        let lines = Mutex<[String]>([])
        @Sendable func note(_ line: String) { lines.withLock { $0.append(line) } }
        let pipe = try Pipe()
        pipe.put()
        let recorder = Recorder()
        final class Told: TickEndHandler {
            var onEnd: () -> Void = {}
            func tickEnded() { onEnd() }
        }
        let told = Told()
        told.onEnd = { [unowned loop, unowned told] in
            note("told")
            told.onEnd = { note("told again") }
            loop.tellAtEndOfTick(told)
        }
        recorder.onReady = { [unowned loop] _ in
            pipe.take()
            note("event")
            loop.tellAtEndOfTick(told)
            loop.atEndOfTick {
                note("end 1")
                loop.atEndOfTick { note("end 2") }
            }
        }
        _ = try loop.register(pipe.reader, .readable, recorder)
        _ = loop.schedule(at: .now()) { note("timer") }
        loop.post { note("work") }
        loop.stop()
        loop.run()
        let expected = ["work", "event", "timer", "end 1", "told", "end 2", "told again"]
        #expect(lines.withLock { $0 } == expected)
    }

    @Test("A value bound to a loop opens there")
    func loopBound() throws {
        let fixture = try LoopFixture()
        let loop = fixture.loop
        #expect(try fixture.run { LoopBound(5, on: loop).value } == 5)
    }

    @Test("Tasks run on the loop that they prefer")
    func tasks() async throws {
        let fixture = try LoopFixture()
        let loop = fixture.loop
        let isOnLoop = await Task(executorPreference: loop) {
            await Task.yield()
            return loop.isCurrent
        }.value
        #expect(isOnLoop)
    }
}
