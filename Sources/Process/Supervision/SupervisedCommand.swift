// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import ChildProcesses

/// What is supervised: a command, and what it gets beside its words.
package struct SupervisedCommand: Sendable {
    package var command: ChildCommand
    /// Variables in place of ours, or (nil) not at all, such as a `NOTIFY_SOCKET` of our own.
    package var environment: [String: String?] = [:]

    /// A command with our environment.
    package init(_ command: ChildCommand) { self.command = command }
}
