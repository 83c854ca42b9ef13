// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How a program ended (C: the status of `waitpid`).
package enum ProcessEnd: Equatable, Sendable {
    case exited(Int)
    case killed(signal: Int, dumpedCore: Bool)
    /// Another part of the process has waited for it.
    case lost

    /// From the status of `waitpid`.
    package init(status: CInt) {
        let signal = status & 0x7f
        self =
            signal == 0
            ? .exited(Int(status >> 8) & 0xff)
            : .killed(signal: Int(signal), dumpedCore: status & 0x80 != 0)
    }
}
