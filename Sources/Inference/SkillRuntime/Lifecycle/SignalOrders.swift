// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// What each signal asks the runtime for; docs/runtime.md has the same as a table. As PID 1 it is the same: the kernel
/// keeps from such a process what it has not asked for.
public struct SignalOrders {
    /// Standard error was a terminal at the start.
    private let hasTerminal: Bool
    /// SIGHUP was ignored at the start, as `nohup` has it: then no terminal is waited for.
    private let outlivesTerminal: Bool

    /// At the start of the process, before a signal is blocked.
    public init() {
        hasTerminal = isatty(STDERR_FILENO) == 1
        outlivesTerminal = clinux_is_signal_ignored(SIGHUP) == 1
    }

    /// The signals that ask for something.
    public var numbers: [CInt] {
        [SIGTERM, SIGINT, SIGQUIT, SIGPWR, SIGHUP, SIGUSR1, SIGUSR2]
    }

    /// What `signal` asks for, when it comes now.
    public func order(for signal: CInt) -> Runtime.Order? {
        switch signal {
        // SIGQUIT is what images of nginx and PHP have Docker send, SIGPWR what LXC sends.
        case SIGTERM, SIGINT, SIGQUIT, SIGPWR: .terminate
        case SIGHUP: hasLostTerminal ? .terminate : .reread
        case SIGUSR1: .reload
        case SIGUSR2: .toggleMaintenance
        default: nil
        }
    }

    /// What a terminal that was closed answers to everything is an error.
    private var hasLostTerminal: Bool {
        hasTerminal && !outlivesTerminal && isatty(STDERR_FILENO) != 1
    }

    /// Ignores signals that are no reason to end: the log has no reader any more, its file has reached the limit for
    /// files (`ulimit -f`), or orphans have ended that are ours as PID 1, which the kernel then reaps itself.
    public static func ignoreOthers() {
        clinux_ignore_signal(SIGPIPE)
        clinux_ignore_signal(SIGXFSZ)
        clinux_ignore_signal(SIGCHLD)
        // Those that ended before: the program that made place for this one may have left them.
        while waitpid(-1, nil, WNOHANG) > 0 {}
    }
}
