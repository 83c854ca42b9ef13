// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// What each signal asks the runtime for; docs/runtime.md has the same as a table. As PID 1 it is the same: there the
/// kernel drops signals without a handler.
package struct SignalCommands {
    /// Standard error was a terminal at the start.
    private let hasTerminal: Bool
    /// SIGHUP was ignored at the start, as `nohup` has it: the loss of the terminal is then no reason to end.
    private let outlivesTerminal: Bool

    /// At the start of the process, before a signal is blocked.
    package init() {
        hasTerminal = isatty(STDERR_FILENO) == 1
        outlivesTerminal = clinux_is_signal_ignored(SIGHUP) == 1
    }

    /// The signals that are commands.
    package var numbers: [CInt] {
        [SIGTERM, SIGINT, SIGQUIT, SIGPWR, SIGHUP, SIGUSR1, SIGUSR2]
    }

    /// What `signal` asks for, when it comes now.
    package func command(for signal: CInt) -> Runtime.Command? {
        switch signal {
        // Images of nginx and PHP have Docker send SIGQUIT, LXC sends SIGPWR.
        case SIGTERM, SIGINT, SIGQUIT, SIGPWR: .terminate
        case SIGHUP: hasLostTerminal ? .terminate : .reloadCredentials
        case SIGUSR1: .reloadModels
        case SIGUSR2: .toggleMaintenance
        default: nil
        }
    }

    /// A terminal that was closed answers every call with an error.
    private var hasLostTerminal: Bool {
        hasTerminal && !outlivesTerminal && isatty(STDERR_FILENO) != 1
    }

    /// Ignores signals that are no reason to end: the log's reader has gone, its file has reached the limit for files
    /// (`ulimit -f`), or orphans have ended that are ours as PID 1, which the kernel then reaps itself.
    package static func ignoreOthers() {
        clinux_ignore_signal(SIGPIPE)
        clinux_ignore_signal(SIGXFSZ)
        clinux_ignore_signal(SIGCHLD)
        // Those that ended before: the program that this process ran before may have left them.
        while waitpid(-1, nil, WNOHANG) > 0 {}
    }
}
