// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
package import CheckScheduling
import StatusBoard
import SystemIO

/// The check of kind `disk`: how much of the file system that a path is on is used.
///
/// Options: `degraded` (90), `unhealthy` (never), per cents of the space, and of the inodes.
package struct DiskCheck: CheckKind {
    private let path: String
    private let limits: UsedLimits

    /// Reads the target and its options.
    package init(_ target: String, _ options: CheckOptions) throws(CheckOptionError) {
        var options = options
        path = try .absolutePath(target)
        limits = try UsedLimits(&options, degraded: 90)
        try options.checkEmpty()
    }

    package var targetText: String { path }

    package func makeRunner(_ context: CheckContext) -> any CheckRunner {
        BlockingCheck(on: context.loop) { [path, limits] _ in
            Self.result(limits) { () throws(SystemCallError) in try DiskUsage(of: path) }
        }
    }

    /// What `measure` comes to.
    static func result(
        _ limits: UsedLimits, _ measure: () throws(SystemCallError) -> DiskUsage
    ) -> CheckResult {
        do throws(SystemCallError) {
            let usage = try measure()
            var details: [String: String] = [:]
            if let space = usage.space { details["used"] = space.text }
            if let files = usage.files { details["inodes"] = files.text }
            let results = [usage.space, usage.files].compactMap { $0.map(limits.result) }
            return .worst(results, details: details)
        } catch {
            return CheckResult(.unhealthy, "it cannot be measured: \(error.text)")
        }
    }
}
