// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Foundation
import SystemIO
import TestSupport
import Testing

@Suite("A pool of threads for tasks")
struct TaskPoolTests {
    @Test("runs as many steps at once as it has threads, and the others after them")
    func threads() async throws {
        let pool = try TaskPool(count: 2)
        let (begun, release) = (Mailbox<Int>(), Mailbox<Void>())
        let tasks = (0..<3).map { number in
            Task(executorPreference: pool) {
                begun.put(number)
                _ = release.next()
            }
        }
        let first = Set([begun.next(), begun.next()])
        #expect(first == [0, 1])
        #expect(begun.count == 0)
        release.put(())
        #expect(begun.next() == 2)
        for _ in 0..<2 { release.put(()) }
        for task in tasks { await task.value }
    }

    @Test("goes on with a task that waited, and runs everything however much it is")
    func waiting() async throws {
        let pool = try TaskPool(count: 2)
        let tasks = (0..<1000).map { number in
            Task(executorPreference: pool) {
                await Task.yield()
                return number
            }
        }
        var sum = 0
        for task in tasks { sum += await task.value }
        #expect(sum == 499_500)
    }

    @Test("ends its threads with its last task, and not before")
    func end() async throws {
        var pool: TaskPool? = try TaskPool(count: 3, named: "pool that ends")
        #expect(eventually { threads(named: "pool that ends") == 3 })
        let release = Mailbox<Void>()
        let task = Task(executorPreference: pool) {
            _ = release.next()
            await Task.yield()
            return 7
        }
        pool = nil
        release.put(())
        #expect(await task.value == 7)
        #expect(eventually { threads(named: "pool that ends") == 0 })
    }

    private func threads(named name: String) -> Int {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return tasks.count { task in
            let file = try? FileDescriptor.open("/proc/self/task/\(task)/comm")
            guard let file, let text = try? file.readAll(limit: 64) else { return false }
            return String(decoding: text, as: UTF8.self) == name + "\n"
        }
    }
}

@Suite("An alarm of a loop")
struct AlarmTests {
    @Test("goes off on the loop")
    func goesOff() throws {
        let fixture = try LoopFixture()
        let loop = fixture.loop
        let rung = Mailbox<Bool>()
        _ = Alarm(on: loop, at: .now()) { rung.put(loop.isCurrent) }
        #expect(rung.next() == true)
    }

    @Test("that was called off, from any thread, does not")
    func calledOff() throws {
        let fixture = try LoopFixture()
        let loop = fixture.loop
        let (rung, isHeld, release) = (Mailbox<Int>(), Mailbox<Void>(), Mailbox<Void>())
        loop.post {
            isHeld.put(())
            _ = release.next()
        }
        #expect(isHeld.next() != nil)
        let first = Alarm(on: loop, at: .now()) { rung.put(1) }
        _ = Alarm(on: loop, at: .now()) { rung.put(2) }
        first.cancel()
        release.put(())
        #expect(rung.next() == 2)
        #expect(rung.count == 0)
        first.cancel()
    }
}
