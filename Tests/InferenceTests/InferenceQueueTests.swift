// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import SystemIO
import TestSupport
import Testing

@testable import Inference

@Suite("The queue of inferences")
struct InferenceQueueTests {
    @Test(
        "A worker is not given to a request that was cancelled, even if it has not left the queue yet"
    )
    func passesOver() async throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let loop = group.loops[0]
        let queue = InferenceQueue(workers: 1, depth: 10, readyDepth: 0, onLengthChange: { _ in })
        let entered = Mailbox<Int>()
        var calls: [Task<StatusCode, Never>] = []
        for number in 0...2 {
            calls.append(
                Task(executorPreference: loop) {
                    do throws(Status) {
                        try await queue.enter(bytes: 1, of: .test)
                    } catch {
                        return error.code
                    }
                    entered.put(number)
                    return .ok
                })
            // In their order: one that waits has done so by the time that its loop does something else.
            let isThere = Mailbox<Void>()
            loop.post { isThere.put(()) }
            _ = try #require(isThere.next())
        }
        #expect(entered.next() == 0)
        #expect(queue.load.depth == 2)

        // While the loop is held, no waiter can leave the queue.
        let (held, release) = (Mailbox<Void>(), Mailbox<Void>())
        loop.post {
            held.put(())
            _ = release.next()
        }
        _ = try #require(held.next())
        calls[1].cancel()
        queue.leave()
        #expect(queue.load.depth == 0 && queue.load.busyWorkers == 1)
        release.put(())
        #expect(entered.next() == 2)
        #expect(await calls[1].value == .cancelled)
        queue.leave()
        #expect(queue.load.busyWorkers == 0)
    }
}
