// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
package import CheckScheduling
import HostMemory
import StatusBoard
import Synchronization

/// The check of kind `memory`: how much of the memory of this container, or of the machine when that has less, is used.
///
/// Options: `degraded` (85), `unhealthy` (never), per cents.
package struct MemoryCheck: CheckKind {
    private let limits: UsedLimits
    private let root: String

    /// Reads the options; there is no target. `root` is a folder to take for `/`.
    package init(
        _ target: String?, _ options: CheckOptions, root: String = ""
    ) throws(CheckOptionError) {
        var options = options
        self.root = root
        try target.checkAbsent()
        limits = try UsedLimits(&options, degraded: 85)
        try options.checkEmpty()
    }

    package var targetText: String { "" }

    package func makeRunner(_ context: CheckContext) -> any CheckRunner {
        let usage = MemoryUsage(root: root)
        return BlockingCheck(on: context.loop) { [limits] _ in
            usage.share.result { limits.result(of: $0) }
        }
    }
}

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

extension String? {
    /// A kind that looks at this machine as a whole has no target.
    func checkAbsent() throws(CheckOptionError) {
        guard self == nil else {
            throw CheckOptionError("target", "is given, but this kind has none: leave it out")
        }
    }
}
