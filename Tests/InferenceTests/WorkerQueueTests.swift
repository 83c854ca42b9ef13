// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Inference

@Suite("Workers and their queue")
struct WorkerQueueTests {
    private typealias Queue = WorkerQueue<Int, Int>

    private func queue(
        workers: Int = 1, depth: Int = 3, depthOfClient: Int? = nil, bytes: Int = 100
    ) -> Queue {
        Queue(
            Queue.Limits(
                workers: workers, depth: depth, depthOfClient: depthOfClient ?? depth, bytes: bytes)
        )
    }

    /// Puts someone into the queue, who must have to wait.
    private func wait(_ waiter: Int, in queue: inout Queue, of client: Int = 0, bytes: Int = 1)
        throws
        -> Queue.Ticket
    {
        guard case .wait(let place) = queue.arrived(waiter, of: client, bytes: bytes) else {
            throw Unexpected(description: "\(waiter) does not wait")
        }
        return place
    }

    @Test("As many start as there are workers, then they wait")
    func starts() throws {
        var queue = queue(workers: 2)
        #expect(queue.arrived(1, of: 0, bytes: 1) == .start)
        #expect(queue.arrived(2, of: 0, bytes: 1) == .start)
        _ = try wait(3, in: &queue)
        #expect(queue.busyWorkers == 2 && queue.depth == 1 && queue.waitingBytes == 1)
    }

    @Test("A worker that is done goes to the first waiter, or is free")
    func order() throws {
        var queue = queue()
        #expect(queue.arrived(0, of: 0, bytes: 1) == .start)
        for waiter in 1...3 { _ = try wait(waiter, in: &queue) }
        for waiter in 1...3 {
            #expect(queue.workerFreed() == waiter)
            #expect(queue.busyWorkers == 1)
        }
        #expect(queue.workerFreed() == nil)
        #expect(queue.busyWorkers == 0 && queue.depth == 0 && queue.waitingBytes == 0)
        #expect(queue.arrived(4, of: 0, bytes: 1) == .start)
    }

    @Test("A waiter that gives up is skipped, wherever it is in the queue", arguments: 1...3)
    func leaves(_ leaver: Int) throws {
        var queue = queue()
        #expect(queue.arrived(0, of: 0, bytes: 1) == .start)
        let places = try (1...3).map { try wait($0, in: &queue) }
        queue.left(places[leaver - 1])
        #expect(queue.depth == 2 && queue.waitingBytes == 2)
        for waiter in 1...3 where waiter != leaver { #expect(queue.workerFreed() == waiter) }
        #expect(queue.workerFreed() == nil)
    }

    @Test("A ticket is not used again after its waiter has left or started")
    func stalePlaces() throws {
        var queue = queue()
        #expect(queue.arrived(0, of: 0, bytes: 1) == .start)
        let first = try wait(1, in: &queue)
        #expect(queue.workerFreed() == 1)
        let second = try wait(2, in: &queue)
        queue.left(first)
        #expect(queue.depth == 1)
        queue.left(second)
        queue.left(second)
        #expect(queue.depth == 0 && queue.waitingBytes == 0)
        #expect(queue.workerFreed() == nil)
    }

    @Test("The queue is limited in waiters and in bytes")
    func limits() throws {
        var queue = queue(depth: 3, bytes: 100)
        #expect(queue.arrived(0, of: 0, bytes: 1000) == .start)
        _ = try wait(1, in: &queue, bytes: 60)
        #expect(queue.arrived(2, of: 0, bytes: 41) == .reject(.bytes))
        let last = try wait(2, in: &queue, bytes: 40)
        #expect(queue.arrived(3, of: 0, bytes: 1) == .reject(.bytes))
        queue.left(last)
        for waiter in 2...3 { _ = try wait(waiter, in: &queue) }
        #expect(queue.arrived(4, of: 0, bytes: 0) == .reject(.depth))
    }

    @Test("Without a queue, a request that finds no free worker is rejected")
    func noQueue() {
        var queue = queue(depth: 0)
        #expect(queue.arrived(0, of: 0, bytes: 1) == .start)
        #expect(queue.arrived(1, of: 0, bytes: 1) == .reject(.depth))
        #expect(queue.workerFreed() == nil)
        #expect(queue.arrived(2, of: 0, bytes: 1) == .start)
    }

    /// The same rules, written down with an array.
    private struct Model {
        var waiting: [(waiter: Int, place: Queue.Ticket, bytes: Int)] = []
        var busy = 0
        var bytes: Int { waiting.reduce(0) { $0 + $1.bytes } }
    }

    @Test("Any sequence of events goes as with a plain array", arguments: 0..<20 as Range<UInt64>)
    func randomEvents(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let limits = Queue.Limits(
            workers: .random(in: 1...4, using: &random), depth: .random(in: 0...12, using: &random),
            depthOfClient: 12, bytes: 200)
        var queue = Queue(limits)
        var model = Model()
        var gone: [Queue.Ticket] = []
        for waiter in 0..<2000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let bytes = Int.random(in: 0...40, using: &random)
                switch queue.arrived(waiter, of: 0, bytes: bytes) {
                case .start:
                    model.busy += 1
                    #expect(model.busy <= limits.workers)
                case .wait(let place):
                    #expect(model.busy == limits.workers)
                    model.waiting.append((waiter, place, bytes))
                case .reject(.depth): #expect(model.waiting.count == limits.depth)
                case .reject(.depthOfClient): Issue.record("one client may have all places here")
                case .reject(.bytes): #expect(model.bytes + bytes > limits.bytes)
                }
            case 5..<8 where model.busy > 0:
                let next = queue.workerFreed()
                #expect(next == model.waiting.first?.waiter)
                if model.waiting.isEmpty {
                    model.busy -= 1
                } else {
                    gone.append(model.waiting.removeFirst().place)
                }
            case 8:
                guard let index = model.waiting.indices.randomElement(using: &random) else { break }
                let place = model.waiting.remove(at: index).place
                queue.left(place)
                gone.append(place)
            default:
                if let place = gone.randomElement(using: &random) { queue.left(place) }
            }
            #expect(queue.busyWorkers == model.busy && queue.depth == model.waiting.count)
            #expect(queue.waitingBytes == model.bytes)
        }
    }

    @Test("Clients take turns, however many requests one of them has")
    func turns() throws {
        var queue = queue(depth: 100)
        #expect(queue.arrived(0, of: 0, bytes: 1) == .start)
        for waiter in 1...5 { _ = try wait(waiter, in: &queue, of: 1) }
        let left = try wait(20, in: &queue, of: 2)
        for waiter in 21...22 { _ = try wait(waiter, in: &queue, of: 2) }
        _ = try wait(30, in: &queue, of: 3)
        #expect(queue.workerFreed() == 1)
        queue.left(left)
        #expect(queue.workerFreed() == 21)
        #expect(queue.workerFreed() == 30)
        #expect(queue.workerFreed() == 2)
        _ = try wait(31, in: &queue, of: 3)
        let rest = (0..<6).map { _ in queue.workerFreed() }
        #expect(rest == [22, 31, 3, 4, 5, nil])
    }

    @Test("One client may have so many waiters and no more, whatever the others have")
    func share() throws {
        var queue = queue(depth: 5, depthOfClient: 3)
        #expect(queue.arrived(0, of: 1, bytes: 1) == .start)
        let first = try wait(1, in: &queue, of: 1)
        for waiter in 2...3 { _ = try wait(waiter, in: &queue, of: 1) }
        #expect(queue.arrived(4, of: 1, bytes: 1) == .reject(.depthOfClient))
        for waiter in 5...6 { _ = try wait(waiter, in: &queue, of: 2) }
        #expect(queue.arrived(7, of: 2, bytes: 1) == .reject(.depth))
        queue.left(first)
        _ = try wait(8, in: &queue, of: 1)
    }

    @Test("Clients that come and go while no worker is free use no memory afterwards")
    func comers() throws {
        var queue = queue(depth: 100)
        #expect(queue.arrived(0, of: 0, bytes: 1) == .start)
        _ = try wait(1, in: &queue, of: 1)
        for client in 2...10_000 { queue.left(try wait(client, in: &queue, of: client)) }
        #expect(queue.clientCount < 100)
        #expect(queue.workerFreed() == 1)
        #expect(queue.workerFreed() == nil && queue.clientCount == 0)
    }
}

@Suite("The threshold of the queue's depth")
struct DepthThresholdTests {
    @Test("The queue is long at the limit and short at half of it")
    func marks() {
        var threshold = DepthThreshold(limit: 10)
        let changes = [9, 10, 50, 9, 6, 5, 6, 9, 10, 0].map { threshold.depthChanged(to: $0) }
        #expect(changes == [false, true, false, false, false, true, false, false, true, true])
        #expect(!threshold.isLong)
    }

    @Test("With a limit of one it is short when nothing waits")
    func one() {
        var threshold = DepthThreshold(limit: 1)
        #expect([1, 0, 1].map { threshold.depthChanged(to: $0) } == [true, true, true])
    }

    @Test("Without a limit it is never long")
    func none() {
        var threshold = DepthThreshold(limit: 0)
        #expect([0, 1_000_000].map { threshold.depthChanged(to: $0) } == [false, false])
        #expect(!threshold.isLong)
    }
}
