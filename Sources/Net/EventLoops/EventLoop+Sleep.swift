// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import SystemIO

extension EventLoop {
    /// The kernel says that the loop's thread sleeps: it has nothing to do, and is not waiting for a processor either. Asked so,
    /// a loop need not be woken to show that it responds. False where the kernel does not say. From any thread.
    package var isAsleep: Bool {
        let id = threadID.load(ordering: .relaxed)
        // `ID (NAME) STATE ...` (proc(5)); a name has 15 bytes at most.
        guard id > 0,
            let text = try? FileDescriptor.open("/proc/self/task/\(id)/stat").readAll(limit: 64),
            let nameEnd = text.lastIndex(of: UInt8(ascii: ")"))
        else { return false }
        return text[nameEnd...].dropFirst().starts(with: " S".utf8)
    }
}
