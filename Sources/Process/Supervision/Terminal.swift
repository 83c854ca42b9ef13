// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The terminal that this process was started at, in whose foreground its command is to run.
struct Terminal {
    let descriptor: CInt
    let role: TerminalRole

    /// The terminal of our session, if one of the standard streams is it and we are in its foreground.
    init?() {
        let own = getpgrp()
        guard let descriptor = (0...2).first(where: { clinux_terminal_group($0) == own }) else {
            return nil
        }
        self.descriptor = descriptor
        role = getpid() == 1 || getsid(0) == getpid() ? .sessionLeader : .job
    }

    /// Puts `group` into its foreground, if `other` is there. SIGTTOU must be blocked.
    func give(to group: CInt, from other: CInt) {
        guard clinux_terminal_group(descriptor) == other else { return }
        _ = clinux_set_terminal_group(descriptor, group)
    }
}
