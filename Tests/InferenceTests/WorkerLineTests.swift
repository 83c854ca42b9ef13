// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Inference

@Suite("Workers and their line")
struct WorkerLineTests {
    private typealias Line = WorkerLine<Int, Int>

    private func line(workers: Int = 1, depth: Int = 3, depthOfClient: Int? = nil, bytes: Int = 100)
        -> Line
    {
        Line(
            Line.Limits(
                workers: workers, depth: depth, depthOfClient: depthOfClient ?? depth, bytes: bytes)
        )
    }

    /// Puts someone into the line, who must have to wait.
    private func wait(_ waiter: Int, in line: inout Line, of client: Int = 0, bytes: Int = 1) throws
        -> Line.Place
    {
        guard case .wait(let place) = line.arrived(waiter, of: client, bytes: bytes) else {
            throw Unexpected(description: "\(waiter) does not wait")
        }
        return place
    }

    @Test("As many start as there are workers, then they wait")
    func starts() throws {
        var line = line(workers: 2)
        #expect(line.arrived(1, of: 0, bytes: 1) == .start)
        #expect(line.arrived(2, of: 0, bytes: 1) == .start)
        _ = try wait(3, in: &line)
        #expect(line.busyWorkers == 2 && line.depth == 1 && line.waitingBytes == 1)
    }

    @Test("A worker that is done goes to whoever came first, or is free")
    func order() throws {
        var line = line()
        #expect(line.arrived(0, of: 0, bytes: 1) == .start)
        for waiter in 1...3 { _ = try wait(waiter, in: &line) }
        for waiter in 1...3 {
            #expect(line.workerFreed() == waiter)
            #expect(line.busyWorkers == 1)
        }
        #expect(line.workerFreed() == nil)
        #expect(line.busyWorkers == 0 && line.depth == 0 && line.waitingBytes == 0)
        #expect(line.arrived(4, of: 0, bytes: 1) == .start)
    }

    @Test("Whoever gives up is passed over, wherever in the line", arguments: 1...3)
    func leaves(_ leaver: Int) throws {
        var line = line()
        #expect(line.arrived(0, of: 0, bytes: 1) == .start)
        let places = try (1...3).map { try wait($0, in: &line) }
        line.left(places[leaver - 1])
        #expect(line.depth == 2 && line.waitingBytes == 2)
        for waiter in 1...3 where waiter != leaver { #expect(line.workerFreed() == waiter) }
        #expect(line.workerFreed() == nil)
    }

    @Test("A place that was left, or whose turn has come, is nobody else's")
    func stalePlaces() throws {
        var line = line()
        #expect(line.arrived(0, of: 0, bytes: 1) == .start)
        let first = try wait(1, in: &line)
        #expect(line.workerFreed() == 1)
        let second = try wait(2, in: &line)
        line.left(first)
        #expect(line.depth == 1)
        line.left(second)
        line.left(second)
        #expect(line.depth == 0 && line.waitingBytes == 0)
        #expect(line.workerFreed() == nil)
    }

    @Test("The line holds so many, and so many bytes, and no more")
    func limits() throws {
        var line = line(depth: 3, bytes: 100)
        #expect(line.arrived(0, of: 0, bytes: 1000) == .start)
        _ = try wait(1, in: &line, bytes: 60)
        #expect(line.arrived(2, of: 0, bytes: 41) == .refuse(.bytes))
        let last = try wait(2, in: &line, bytes: 40)
        #expect(line.arrived(3, of: 0, bytes: 1) == .refuse(.bytes))
        line.left(last)
        for waiter in 2...3 { _ = try wait(waiter, in: &line) }
        #expect(line.arrived(4, of: 0, bytes: 0) == .refuse(.depth))
    }

    @Test("Without a line, whoever finds no worker is refused")
    func noLine() {
        var line = line(depth: 0)
        #expect(line.arrived(0, of: 0, bytes: 1) == .start)
        #expect(line.arrived(1, of: 0, bytes: 1) == .refuse(.depth))
        #expect(line.workerFreed() == nil)
        #expect(line.arrived(2, of: 0, bytes: 1) == .start)
    }

    /// The same rules, written down with an array.
    private struct Model {
        var waiting: [(waiter: Int, place: Line.Place, bytes: Int)] = []
        var busy = 0
        var bytes: Int { waiting.reduce(0) { $0 + $1.bytes } }
    }

    @Test("Any sequence of events goes as with a plain array", arguments: 0..<20 as Range<UInt64>)
    func randomEvents(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let limits = Line.Limits(
            workers: .random(in: 1...4, using: &random), depth: .random(in: 0...12, using: &random),
            depthOfClient: 12, bytes: 200)
        var line = Line(limits)
        var model = Model()
        var gone: [Line.Place] = []
        for waiter in 0..<2000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let bytes = Int.random(in: 0...40, using: &random)
                switch line.arrived(waiter, of: 0, bytes: bytes) {
                case .start:
                    model.busy += 1
                    #expect(model.busy <= limits.workers)
                case .wait(let place):
                    #expect(model.busy == limits.workers)
                    model.waiting.append((waiter, place, bytes))
                case .refuse(.depth): #expect(model.waiting.count == limits.depth)
                case .refuse(.depthOfClient): Issue.record("one client may have all places here")
                case .refuse(.bytes): #expect(model.bytes + bytes > limits.bytes)
                }
            case 5..<8 where model.busy > 0:
                let next = line.workerFreed()
                #expect(next == model.waiting.first?.waiter)
                if model.waiting.isEmpty {
                    model.busy -= 1
                } else {
                    gone.append(model.waiting.removeFirst().place)
                }
            case 8:
                guard let index = model.waiting.indices.randomElement(using: &random) else { break }
                let place = model.waiting.remove(at: index).place
                line.left(place)
                gone.append(place)
            default:
                if let place = gone.randomElement(using: &random) { line.left(place) }
            }
            #expect(line.busyWorkers == model.busy && line.depth == model.waiting.count)
            #expect(line.waitingBytes == model.bytes)
        }
    }

    @Test("Clients take turns, however many requests one of them has")
    func turns() throws {
        var line = line(depth: 100)
        #expect(line.arrived(0, of: 0, bytes: 1) == .start)
        for waiter in 1...5 { _ = try wait(waiter, in: &line, of: 1) }
        let left = try wait(20, in: &line, of: 2)
        for waiter in 21...22 { _ = try wait(waiter, in: &line, of: 2) }
        _ = try wait(30, in: &line, of: 3)
        #expect(line.workerFreed() == 1)
        line.left(left)
        #expect(line.workerFreed() == 21)
        #expect(line.workerFreed() == 30)
        #expect(line.workerFreed() == 2)
        _ = try wait(31, in: &line, of: 3)
        let rest = (0..<6).map { _ in line.workerFreed() }
        #expect(rest == [22, 31, 3, 4, 5, nil])
    }

    @Test("One client has so many places and no more, whatever the others have")
    func share() throws {
        var line = line(depth: 5, depthOfClient: 3)
        #expect(line.arrived(0, of: 1, bytes: 1) == .start)
        let first = try wait(1, in: &line, of: 1)
        for waiter in 2...3 { _ = try wait(waiter, in: &line, of: 1) }
        #expect(line.arrived(4, of: 1, bytes: 1) == .refuse(.depthOfClient))
        for waiter in 5...6 { _ = try wait(waiter, in: &line, of: 2) }
        #expect(line.arrived(7, of: 2, bytes: 1) == .refuse(.depth))
        line.left(first)
        _ = try wait(8, in: &line, of: 1)
    }

    @Test("Clients that come and go while no worker is free leave nothing behind")
    func comers() throws {
        var line = line(depth: 100)
        #expect(line.arrived(0, of: 0, bytes: 1) == .start)
        _ = try wait(1, in: &line, of: 1)
        for client in 2...10_000 { line.left(try wait(client, in: &line, of: client)) }
        #expect(line.clientCount < 100)
        #expect(line.workerFreed() == 1)
        #expect(line.workerFreed() == nil && line.clientCount == 0)
    }
}

@Suite("The gate on the line's depth")
struct DepthGateTests {
    @Test("It closes at its limit and opens at half of it")
    func marks() {
        var gate = DepthGate(limit: 10)
        let turns = [9, 10, 50, 9, 6, 5, 6, 9, 10, 0].map { gate.depthChanged(to: $0) }
        #expect(turns == [false, true, false, false, false, true, false, false, true, true])
        #expect(!gate.isLong)
    }

    @Test("A limit of one opens when nobody waits")
    func one() {
        var gate = DepthGate(limit: 1)
        #expect([1, 0, 1].map { gate.depthChanged(to: $0) } == [true, true, true])
    }

    @Test("Without a limit it never closes")
    func none() {
        var gate = DepthGate(limit: 0)
        #expect([0, 1_000_000].map { gate.depthChanged(to: $0) } == [false, false])
        #expect(!gate.isLong)
    }
}
