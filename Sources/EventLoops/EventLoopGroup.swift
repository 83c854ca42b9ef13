// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// Some loops, each on a thread of its own.
public final class EventLoopGroup: Sendable {
    /// The loops, at least one.
    public let loops: [EventLoop]

    /// Starts `count` threads with a loop each.
    public init(count: Int) throws(SystemCallError) {
        var loops: [EventLoop] = []
        for _ in 0..<max(1, count) { loops.append(try EventLoop()) }
        self.loops = loops
        for loop in loops { try EventLoopGroup.startThread(loop) }
    }

    /// Cores that this process may use.
    public static var coreCount: Int { Int(clinux_core_count()) }

    /// Ends every loop after its present turn.
    public func stop() {
        for loop in loops { loop.stop() }
    }

    private static func startThread(_ loop: EventLoop) throws(SystemCallError) {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(loop)
        let result = pthread_create(
            &thread, nil,
            { context in
                clinux_name_thread("loop")
                Unmanaged<EventLoop>.fromOpaque(context!).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        if result != 0 {
            context.release()
            throw SystemCallError("pthread_create", Errno(rawValue: result))
        }
        pthread_detach(thread)
    }
}
