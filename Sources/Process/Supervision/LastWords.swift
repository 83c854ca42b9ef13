// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import ChildProcesses

/// What is known of a command that has ended.
package struct LastWords: Equatable, Sendable {
    package let process: CInt
    package let end: ProcessEnd
    package let usage: ProcessUsage
    /// How long it ran.
    package let lifetime: Duration
    /// Processes of our control group that the kernel killed meanwhile for want of memory; nil when that cannot be read.
    package let memoryKills: UInt64?

    package init(
        process: CInt, end: ProcessEnd, usage: ProcessUsage, lifetime: Duration,
        memoryKills: UInt64?
    ) {
        self.process = process
        self.end = end
        self.usage = usage
        self.lifetime = lifetime
        self.memoryKills = memoryKills
    }

    /// The kernel has most likely ended it for want of memory.
    package var isOutOfMemory: Bool {
        guard case .killed(signal: 9, _) = end else { return false }
        return (memoryKills ?? 0) > 0
    }

    /// The status that a shell has for it: its own, or 128 and the signal.
    package var exitCode: CInt {
        switch end {
        case .exited(let status): CInt(status)
        case .killed(let signal, _): 128 + CInt(signal)
        case .lost: 125
        }
    }
}
