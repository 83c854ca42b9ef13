// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Synchronization
package import SystemIO

/// Some threads that run tasks whose steps may take long: `Task(executorPreference: pool)`. Jobs wait in one queue.
///
/// All threads are made with the pool. Swift's own executor makes them when work comes, and the caller waits while the
/// system allows no more threads: a loop must not.
package final class TaskPool: TaskExecutor {
    private let queue: JobQueue

    /// Starts `count` threads, at least one. They end when the pool has no owner and no task any more.
    package init(count: Int, named name: StaticString = "tasks") throws(SystemCallError) {
        queue = try JobQueue()
        do throws(SystemCallError) {
            for _ in 0..<max(1, count) { try startThread(named: name) { [queue] in queue.work() } }
        } catch {
            queue.end()
            throw error
        }
    }

    deinit { queue.end() }

    /// Takes a job of Swift's concurrency. From any thread.
    package func enqueue(_ job: consuming ExecutorJob) { queue.add(UnownedJob(job), of: self) }
}

/// The jobs that wait for a thread of a pool, and their threads.
private final class JobQueue: Sendable {
    /// With its pool, which must not go while one of its jobs is run.
    private typealias Job = (job: UnownedJob, pool: TaskPool)

    private struct State {
        var jobs: [Job] = []
        var first = 0
        var isOver = false

        mutating func next() -> Job? {
            guard first < jobs.count else { return nil }
            let job = jobs[first]
            first += 1
            // Not one by one: that would move all the others each time.
            if first * 2 >= jobs.count {
                jobs.removeFirst(first)
                first = 0
            }
            return job
        }
    }

    private let state = Mutex(State())
    /// Counts the jobs that wait (C: `EFD_SEMAPHORE`).
    private let semaphore: FileDescriptor

    init() throws(SystemCallError) {
        let raw = try systemCall("eventfd") {
            Int(eventfd(0, CInt(EFD_SEMAPHORE) | CInt(EFD_CLOEXEC)))
        }
        semaphore = FileDescriptor(owning: CInt(raw))
    }

    func add(_ job: UnownedJob, of pool: TaskPool) {
        state.withLock { $0.jobs.append((job, pool)) }
        signal(1)
    }

    /// Ends every thread that has nothing to do.
    func end() {
        state.withLock { $0.isOver = true }
        // One is enough: each thread signals the next.
        signal(1)
    }

    private func signal(_ count: UInt64) {
        var count = count
        _ = write(semaphore.rawValue, &count, MemoryLayout<UInt64>.size)
    }

    /// What each thread does, until the end.
    func work() {
        while true {
            var count: UInt64 = 0
            // Only a signal can interrupt it, and then there may be no job.
            _ = read(semaphore.rawValue, &count, MemoryLayout<UInt64>.size)
            let (next, isOver) = state.withLock { ($0.next(), $0.isOver) }
            if let (job, pool) = next {
                job.runSynchronously(on: pool.asUnownedTaskExecutor())
            } else if isOver {
                return signal(1)
            }
        }
    }
}
