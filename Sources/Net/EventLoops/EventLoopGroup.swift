// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Synchronization
package import SystemIO

/// Some loops, each on a thread of its own, and beside them threads for tasks.
package final class EventLoopGroup: Sendable {
    /// The loops, at least one.
    package let loops: [EventLoop]

    private let pool = Mutex<TaskPool?>(nil)

    /// Starts `count` threads with a loop each. `niceness` lowers their priority, for work that must not delay others.
    package init(
        count: Int, name: StaticString = "loop", niceness: CInt = 0
    ) throws(SystemCallError) {
        var loops: [EventLoop] = []
        for _ in 0..<max(1, count) { loops.append(try EventLoop()) }
        self.loops = loops
        for loop in loops {
            try startThread(named: name) {
                if niceness > 0 { clinux_give_way(niceness) }
                loop.run()
            }
        }
    }

    /// A loop that its own thread runs already, or will: nothing is started.
    package init(of loop: EventLoop) { loops = [loop] }

    /// Cores that this process may use.
    package static var coreCount: Int { Int(clinux_core_count()) }

    /// Threads for tasks that would hold a loop, as many as there are cores; made when they are asked for. On a single
    /// core there are two: one task that computes must not hold up all others.
    package func taskPool() throws(SystemCallError) -> TaskPool {
        try pool.withLock { (pool) throws(SystemCallError) in
            if let pool { return pool }
            let new = try TaskPool(count: max(2, Self.coreCount))
            pool = new
            return new
        }
    }

    /// Ends every loop after its present tick.
    package func stop() {
        for loop in loops { loop.stop() }
    }
}
