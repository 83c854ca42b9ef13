// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import Testing

@testable import GRPCTransport

@Suite("The queue of a handler's answers")
struct AnswerQueueTests {
    @Test("gives messages in their order, and counts their bytes")
    func order() {
        var queue = AnswerQueue()
        var taken: [UInt8] = []
        for number in 0..<UInt8(100) {
            queue.append(message([number]))
            // Shorter and longer by turns.
            if number % 3 > 0, let next = queue.popFirst() { taken.append(next.bytes[5]) }
        }
        #expect(queue.byteCount == 34 * 6)
        while let next = queue.popFirst() { taken.append(next.bytes[5]) }
        #expect(taken == Array(0..<100))
        #expect(queue.byteCount == 0)
    }
}
