// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What happens when a terminal suspends the command (Ctrl-Z).
package enum TerminalRole: Equatable, Sendable {
    /// There is no terminal: another process has stopped the command, and continues it.
    case none
    /// A shell of the same session has started us, and continues us when we stop as well.
    case job
    /// None would continue us: the first process of a container's terminal, or what that has started. The command goes on at
    /// once, as it would without us: the kernel stops no process group of which this is true ("orphaned").
    case alone
}
