// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// Where the helper program is.
enum HelperPath {
    /// The name of the program.
    static let name = "nvml-helper"
    /// Where it is when it is not beside this program.
    static let fallback = "/usr/local/bin/nvml-helper"

    /// Beside this program, or else where programs are installed.
    static func find() -> String {
        guard let folder = folderOfThisProgram() else { return fallback }
        let beside = folder + name
        return access(beside, X_OK) == 0 ? beside : fallback
    }

    /// With the slash at its end; nil without /proc.
    private static func folderOfThisProgram() -> String? {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { place in
            guard let base = place.baseAddress else { return nil }
            let count = readlink("/proc/self/exe", base, place.count)
            guard count > 0, count < place.count,
                let slash = place[..<count].lastIndex(of: UInt8(ascii: "/"))
            else { return nil }
            return String(decoding: place[...slash], as: UTF8.self)
        }
    }
}
