// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
package import CheckScheduling
import StatusBoard
import SystemIO

/// The check of kind `system`: CPU, memory and disk together; degraded when one of them is used too much.
///
/// Options: `cpu` (80), `memory` (85), `disk` (90), per cents; `path` (`/`), of the disk.
package struct SystemCheck: CheckKind {
    private let cpu: UsedLimits
    private let memory: UsedLimits
    private let disk: UsedLimits
    private let path: String
    private let root: String

    /// The time that the first run measures the CPU for. The kernel counts in steps of 10 ms.
    private static let firstGap = Duration.milliseconds(200)

    /// Reads the options; there is no target. `root` is a folder to take for `/`.
    package init(
        _ target: String?, _ options: CheckOptions, root: String = ""
    ) throws(CheckOptionError) {
        var options = options
        self.root = root
        try target.checkAbsent()
        cpu = UsedLimits(degraded: try options.takePercent("cpu") ?? 80)
        memory = UsedLimits(degraded: try options.takePercent("memory") ?? 85)
        disk = UsedLimits(degraded: try options.takePercent("disk") ?? 90)
        let path = try options.take("path", "an absolute path") { text in
            text.utf8.first == UInt8(ascii: "/") && !text.utf8.contains(0) ? text : nil
        }
        self.path = path ?? "/"
        try options.checkEmpty()
    }

    package var targetText: String { "" }

    package func makeRunner(_ context: CheckContext) -> any CheckRunner {
        let (processors, usage) = (ProcessorUsage(root: root), MemoryUsage(root: root))
        return BlockingCheck(on: context.loop) { [self] timeout in
            result(processors, usage, firstGap: min(Self.firstGap, timeout / 2))
        }
    }

    /// What is found now. Blocks; in the first run for `firstGap`.
    func result(
        _ processors: ProcessorUsage, _ usage: MemoryUsage, firstGap: Duration
    ) -> CheckResult {
        let results = [
            processorResult(processors, firstGap), usage.share.result { memory.result(of: $0) },
            diskResult,
        ]
        let details = results.reduce(into: [:]) { all, result in
            all.merge(result.details) { first, _ in first }
        }
        return .worst(results, details: details)
    }

    private func processorResult(
        _ processors: ProcessorUsage, _ firstGap: Duration
    ) -> CheckResult {
        do throws(SystemCallError) {
            guard let share = try processors.shareSinceLast(orIn: firstGap) else {
                return CheckResult(.healthy, details: ["cpu": "not measured"])
            }
            var result = cpu.result(of: share)
            result.details["cpu"] = share.text
            return result
        } catch {
            return CheckResult(.unhealthy, "the CPU cannot be measured: \(error.text)")
        }
    }

    private var diskResult: CheckResult {
        var result = DiskCheck.result(disk) { () throws(SystemCallError) in
            try DiskUsage(of: root + path)
        }
        result.details["disk"] = result.details.removeValue(forKey: "used")
        return result
    }
}
