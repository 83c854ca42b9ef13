// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Synchronization

/// Carries values from the threads of a server to a test, which waits for each. A wait is bounded.
package final class Mailbox<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    private let descriptor = eventfd(0, CInt(EFD_SEMAPHORE))

    package init() {}

    deinit { close(descriptor) }

    package func put(_ value: Value) {
        values.withLock { $0.append(value) }
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    /// The next value; nil when none comes within 30 s.
    package func next() -> Value? {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, 30_000) == 1 else { return nil }
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
        return values.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }

    /// Values that were not taken yet.
    package var count: Int { values.withLock { $0.count } }
}
