// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
package import SystemIO

/// Starts a thread that calls `body` and ends when it returns. Debuggers show its `name`, 15 bytes at most.
package func startThread(
    named name: StaticString, _ body: @escaping @Sendable () -> Void
) throws(SystemCallError) {
    let context = Unmanaged.passRetained(ThreadStart(name: name, body: body))
    var thread = pthread_t()
    let result = pthread_create(
        &thread, nil,
        { context in
            let start = Unmanaged<ThreadStart>.fromOpaque(context!).takeRetainedValue()
            start.name.utf8Start.withMemoryRebound(
                to: CChar.self, capacity: start.name.utf8CodeUnitCount, clinux_name_thread)
            start.body()
            return nil
        }, context.toOpaque())
    if result != 0 {
        context.release()
        throw SystemCallError("pthread_create", Errno(rawValue: result))
    }
    pthread_detach(thread)
}

/// What a new thread is told.
private final class ThreadStart: Sendable {
    let name: StaticString
    let body: @Sendable () -> Void

    init(name: StaticString, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
