// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// The memory that this process itself holds.
public struct ProcessMemory: Sendable {
    private let root: String

    /// - Parameter root: A folder that stands for `/`.
    public init(root: String = "") { self.root = root }

    /// The resident bytes without pages mapped from files, such as a model's, which the kernel can drop and
    /// read again. Files on a tmpfs are memory and count (`RssShmem`).
    public func residentBytes() throws(MemoryError) -> UInt64 {
        let status = try read("/proc/self/status")
        if let anonymous = status.byteCount(named: "RssAnon") {
            return anonymous.addingSaturated(status.byteCount(named: "RssShmem") ?? 0)
        }
        // Kernels before 4.5 have only statm, in pages, where memory shared without a file counts as mapped.
        let path = "/proc/self/statm"
        let fields = try read(path).line.split(separator: " ").map { UInt64($0) }
        guard fields.count >= 3, let resident = fields[1], let shared = fields[2] else {
            throw .malformed(path: path)
        }
        let pageSize = UInt64(clamping: sysconf(CInt(_SC_PAGESIZE)))
        let pages = resident.subtractingSaturated(shared)
        let (bytes, overflow) = pages.multipliedReportingOverflow(by: pageSize)
        return overflow ? .max : bytes
    }

    private func read(_ path: String) throws(MemoryError) -> KernelText {
        do throws(SystemCallError) {
            return try KernelText(path, root: root)
        } catch {
            throw .unreadable(path: path, error)
        }
    }
}
