// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
package import Exposition

/// The program and its log.
package enum BuildFamilies {
    static let build = MetricFamily(
        .info, "vitals_build", help: "The version of the program, and what it was built from.")
    static let lostLines = MetricFamily(
        .counter, "vitals_log_lines_lost",
        help: "Lines of the log that were lost because its reader left no room.")

    /// Every family, without values.
    package static let all = [build, lostLines]

    /// The values now; no lines where the log goes elsewhere.
    package static func read(lostLines count: Int?) -> [MetricFamily] {
        var (build, lostLines) = (build, lostLines)
        let parts = Vitals.fullVersion.split(separator: "+", maxSplits: 1)
        build.add(
            .info, MetricLabel("version", Vitals.version),
            MetricLabel("commit", parts.count > 1 ? String(parts[1]) : "unknown"))
        if let count { lostLines.add(.integer(count)) }
        return [build, lostLines]
    }
}
