// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// The memory of this process.
package struct ProcessMemory {
    private let file: KernelFile

    /// - Parameter root: A folder to take for `/`.
    package init(root: String = "") { file = KernelFile("/proc/self/statm", root: root) }

    /// The resident bytes, as in `ps` and `top` (proc(5): the second number of statm, in pages). Without the pages of a model:
    /// its mapping is never touched.
    package func residentBytes() throws(MemoryError) -> UInt64 {
        let fields: [Substring]
        do throws(SystemCallError) {
            fields = try file.read().line.split(separator: " ")
        } catch {
            throw .unreadable(path: file.path, error)
        }
        guard fields.count >= 2, let pages = UInt64(fields[1]) else {
            throw .malformed(path: file.path)
        }
        let pageSize = UInt64(clamping: sysconf(CInt(_SC_PAGESIZE)))
        let (bytes, overflow) = pages.multipliedReportingOverflow(by: pageSize)
        return overflow ? .max : bytes
    }
}
