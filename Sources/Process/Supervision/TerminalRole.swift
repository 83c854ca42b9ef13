// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What happens when a terminal suspends the command (Ctrl-Z).
package enum TerminalRole: Equatable, Sendable {
    /// There is no terminal: another process has stopped the command, and continues it.
    case none
    /// A shell started us, and continues us when we stop as well.
    case job
    /// We are the first process of the terminal's session: nothing would continue us, so the command goes on at once, as it
    /// would without us.
    case sessionLeader
}
