// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Containers
import Testing

@Suite("A queue")
struct QueueTests {
    @Test("Elements leave in the order in which they came, while others come")
    func order() {
        var queue = Queue<Int>()
        var taken: [Int] = []
        for number in 0..<1000 {
            queue.append(number)
            if number % 3 > 0, let next = queue.popFirst() { taken.append(next) }
            #expect(queue.count == number + 1 - taken.count)
        }
        while let next = queue.popFirst() { taken.append(next) }
        #expect(taken == Array(0..<1000))
        #expect(queue.count == 0 && queue.popFirst() == nil)
    }
}
