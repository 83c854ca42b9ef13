// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// Waits, a minute at most, for what no message tells of; whether it became true.
package func eventually(_ condition: () -> Bool) -> Bool {
    let deadline = MonotonicTime.now() + .seconds(60)
    while !condition() {
        if MonotonicTime.now() >= deadline { return false }
        usleep(1000)
    }
    return true
}

/// The same for what a test needs: it fails with this text when it does not become true.
package func wait(_ what: String, until condition: () -> Bool) throws {
    guard eventually(condition) else {
        throw Unexpected(description: "not within a minute: \(what)")
    }
}

/// The same in a task, which leaves its thread to others meanwhile. Five minutes at most: tasks wait for the pool of threads,
/// however busy that is.
package func becomes(_ condition: () -> Bool) async -> Bool {
    let deadline = MonotonicTime.now() + .seconds(300)
    while !condition() {
        if MonotonicTime.now() >= deadline { return false }
        try? await Task.sleep(for: .milliseconds(1))
    }
    return true
}
