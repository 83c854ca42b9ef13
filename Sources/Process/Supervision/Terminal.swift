// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The terminal of the session that this process is in, in whose foreground its command is to run when we would.
struct Terminal {
    let descriptor: CInt
    let role: TerminalRole

    /// The terminal, if one of the standard streams is it.
    init?() {
        guard let descriptor = (0...2).first(where: { clinux_terminal_group($0) >= 0 }) else {
            return nil
        }
        self.descriptor = descriptor
        role = getpid() == 1 || getsid(0) == getpid() ? .sessionLeader : .job
    }

    /// It is ours to give: a shell has not put us into the background.
    var isForeground: Bool { clinux_terminal_group(descriptor) == getpgrp() }

    /// Puts `group` into its foreground, if `other` is there. SIGTTOU must be blocked.
    func give(to group: CInt, from other: CInt) {
        guard clinux_terminal_group(descriptor) == other else { return }
        _ = clinux_set_terminal_group(descriptor, group)
    }
}
