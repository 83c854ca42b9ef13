// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import HostMemory
import StatusBoard
import Synchronization

/// What is used of the memory.
final class MemoryUsage: Sendable {
    private let memory: Mutex<AvailableMemory>

    /// Of this process's container. `root` is a folder to take for `/`.
    init(root: String) { memory = Mutex(AvailableMemory(root: root)) }

    /// Now; page cache that can be evicted is not in use.
    var share: Result<UsedShare, MemoryError> {
        memory.withLock { memory in
            Result { () throws(MemoryError) in
                let total = try memory.limit()
                let left = try memory.sample().availableBytes
                let used = total.availableBytes.subtractingSaturated(left)
                guard
                    let share = UsedShare(
                        of: "the memory", used: used, total: total.availableBytes)
                else { throw .malformed(path: "/proc/meminfo") }
                return share
            }
        }
    }
}

extension Result<UsedShare, MemoryError> {
    /// What the share comes to, or why there is none.
    func result(_ judge: (UsedShare) -> CheckResult) -> CheckResult {
        switch self {
        case .success(let share):
            var result = judge(share)
            result.details["memory"] = share.text
            return result
        case .failure(let error):
            return CheckResult(.unhealthy, "the memory cannot be measured: \(error.text)")
        }
    }
}
