// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The free memory below which the kernel begins to evict pages: the sum of the zones' low watermarks.
enum LowWatermark {
    /// From `/proc/zoneinfo`, where each zone has a line `low PAGES`. Zero where the kernel does not have it.
    static func bytes(root: String) -> UInt64 {
        // A large machine has many zones, and an entry for each of its processors.
        guard let text = try? KernelText("/proc/zoneinfo", root: root, limit: 4 << 20) else {
            return 0
        }
        let pageSize = UInt64(clamping: sysconf(CInt(_SC_PAGESIZE)))
        let (bytes, overflow) = text.sum(named: "low")
            .multipliedReportingOverflow(by: pageSize)
        return overflow ? .max : bytes
    }
}
