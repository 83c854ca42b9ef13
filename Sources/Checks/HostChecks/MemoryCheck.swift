// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling

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

extension String? {
    /// A kind that looks at this machine as a whole has no target.
    func checkAbsent() throws(CheckOptionError) {
        guard self == nil else {
            throw CheckOptionError("target", "is given, but this kind has none: leave it out")
        }
    }
}
