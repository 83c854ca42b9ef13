// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How to start a child: what it gets beside its command.
package struct ChildStart: Sendable {
    /// Its streams, signals and group.
    package enum Kind: Sendable {
        /// A check or a tool: this descriptor for output and errors, one for input (/dev/null for nil), no other
        /// descriptor, a session of its own, and signals as a new login has them. Its program is a path.
        case tool(output: CInt, input: CInt? = nil)
        /// The service: all that we were started with (descriptors, signals blocked and ignored), in a process group of
        /// its own, in the foreground of `terminal` if there is one. Its program is looked for in PATH, and a script
        /// without `#!` runs by /bin/sh, as execvp has it.
        case service(terminal: CInt?)
    }

    package var kind: Kind
    /// Variables that it gets in place of ours, or (nil) not at all.
    package var environment: [String: String?] = [:]
    /// When it has ended, what is left of its process group is killed.
    package var endsGroup = false

    /// A start without changes of the environment.
    package init(_ kind: Kind) { self.kind = kind }
}
