// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// The clocks that the life of session tickets depends on, in seconds.
package struct TicketClocks: Sendable {
    /// Since the machine's boot, with the time that it slept: the wall clock of a machine may be wrong, and then be put right.
    package var elapsed: @Sendable () -> Int = {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return time.tv_sec
    }
    /// Since 1970: for the dates of certificates alone.
    package var wall: @Sendable () -> Int = { time(nil) }

    /// The clocks of this machine.
    package init() {}
}
