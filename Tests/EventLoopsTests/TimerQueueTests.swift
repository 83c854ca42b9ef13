// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import TestSupport
import Testing

@testable import EventLoops

@Suite("A queue of timers")
struct TimerQueueTests {
    private func moment(_ number: Int) -> MonotonicTime {
        MonotonicTime(nanoseconds: Int64(number))
    }

    @Test("Timers come out in the order of their deadlines, and not before them")
    func order() {
        var queue = TimerQueue()
        var fired: [Int] = []
        for deadline in [5, 1, 4, 2, 3] {
            _ = queue.schedule(at: moment(deadline)) { fired.append(deadline) }
        }
        #expect(queue.next == moment(1) && queue.count == 5)
        while let action = queue.popDue(at: moment(3)) { action() }
        #expect(fired == [1, 2, 3] && queue.next == moment(4))
        while let action = queue.popDue(at: moment(9)) { action() }
        #expect(fired == [1, 2, 3, 4, 5] && queue.next == nil && queue.count == 0)
    }

    @Test("A timer that was cancelled or has fired is never named again")
    func staleNames() {
        var queue = TimerQueue()
        let first = queue.schedule(at: moment(1)) {}
        #expect(queue.popDue(at: moment(1)) != nil)
        let second = queue.schedule(at: moment(2)) {}
        #expect(first != second)
        queue.cancel(first)
        #expect(queue.count == 1)
        queue.cancel(second)
        queue.cancel(second)
        #expect(queue.count == 0 && queue.popDue(at: .distantFuture) == nil)
    }

    @Test("A cancelled timer lets go of what it holds")
    func releases() {
        final class Canary {}
        var queue = TimerQueue()
        weak var canary: Canary?
        let timer = {
            let object = Canary()
            canary = object
            return queue.schedule(at: moment(1)) { withExtendedLifetime(object) {} }
        }()
        #expect(canary != nil)
        queue.cancel(timer)
        #expect(canary == nil)
    }

    @Test("Any order of calls does what a plain list does", arguments: 0..<40 as Range<UInt64>)
    func model(_ seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var queue = TimerQueue()
        var model: [(id: TimerID, deadline: Int, name: Int)] = []
        var gone: [TimerID] = []
        var fired = -1
        for name in 0..<2000 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<5:
                let deadline = Int.random(in: 0..<50, using: &generator)
                let id = queue.schedule(at: moment(deadline)) { fired = name }
                model.append((id, deadline, name))
            case 5..<7:
                guard let index = model.indices.randomElement(using: &generator) else { continue }
                queue.cancel(model[index].id)
                gone.append(model.remove(at: index).id)
            case 7:
                if let id = gone.randomElement(using: &generator) { queue.cancel(id) }
            default:
                let now = Int.random(in: 0..<50, using: &generator)
                let earliest = model.map(\.deadline).min()
                guard let action = queue.popDue(at: moment(now)) else {
                    #expect(earliest == nil || earliest! > now)
                    continue
                }
                action()
                let index = model.firstIndex { $0.name == fired }
                #expect(index.map { model[$0].deadline } == earliest)
                if let index { gone.append(model.remove(at: index).id) }
            }
            #expect(queue.count == model.count)
            #expect(queue.next == model.map(\.deadline).min().map(moment))
        }
    }
}
