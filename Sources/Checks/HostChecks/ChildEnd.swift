// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How a program ended (C: the status of `waitpid`).
enum ChildEnd: Equatable, Sendable {
    case exited(Int)
    case killed(signal: Int)
    /// Another part of the process has waited for it.
    case lost

    /// From the status of `waitpid`.
    init(status: CInt) {
        let signal = status & 0x7f
        self = signal == 0 ? .exited(Int(status >> 8) & 0xff) : .killed(signal: Int(signal))
    }
}
