// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// Waits, thirty seconds at most, for what no message tells of; whether it became true.
package func eventually(_ condition: () -> Bool) -> Bool {
    let deadline = MonotonicTime.now() + .seconds(30)
    while !condition() {
        if MonotonicTime.now() >= deadline { return false }
        usleep(1000)
    }
    return true
}
