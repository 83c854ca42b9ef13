// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
package import SystemIO

/// Delivers signals to a loop as ordinary events (C: `signalfd`).
package final class SignalSource: EventHandler {
    private let descriptor: FileDescriptor
    private let onSignal: (CInt, _ sender: CInt) -> Void

    /// Keeps `signals` from interrupting any thread. Call it before the first thread is started: threads
    /// inherit it.
    package static func block(_ signals: [CInt]) {
        _ = clinux_block_signals(signals, CInt(signals.count))
    }

    /// The same for a process that may have threads already: a thread that one of `signals` comes to blocks it, and sends
    /// it on.
    package static func collect(_ signals: [CInt]) {
        block(signals)
        clinux_collect_signals(signals, CInt(signals.count))
    }

    /// Calls `onSignal` on the loop for each of `signals` that comes; they must be blocked.
    package convenience init(
        _ signals: [CInt], on loop: EventLoop, onSignal: @escaping (CInt) -> Void
    ) throws(SystemCallError) {
        try self.init(signals, on: loop) { signal, _ in onSignal(signal) }
    }

    /// The same with the process that sent it: 0 for the kernel and for one that we cannot see.
    package init(
        _ signals: [CInt], on loop: EventLoop,
        onSignalFrom onSignal: @escaping (CInt, _ sender: CInt) -> Void
    ) throws(SystemCallError) {
        let raw = try systemCall("signalfd") {
            Int(clinux_signal_descriptor(signals, CInt(signals.count)))
        }
        self.descriptor = FileDescriptor(owning: CInt(raw))
        self.onSignal = onSignal
        _ = try loop.register(descriptor.rawValue, .readable, self)
    }

    package func ready(_ readiness: Readiness) {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        while read(descriptor.rawValue, &info, size) == size {
            onSignal(CInt(info.ssi_signo), CInt(bitPattern: info.ssi_pid))
        }
    }
}
