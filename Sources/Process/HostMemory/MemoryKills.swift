// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How many processes of this process's control group the kernel has killed for want of memory.
package struct MemoryKills {
    private let files: [KernelFile]

    /// Finds the group below `root`; its own counter, where it has one, and that of version 1 or 2.
    package init(root: String = "") {
        var versions: [ControlGroup.Version] = []
        files = ControlGroups(root: root).groups.compactMap { group in
            // The first of each version is our own; its counter has those below it as well.
            if versions.contains(group.version) { return nil }
            versions.append(group.version)
            let name = group.version == .v1 ? "memory.oom_control" : "memory.events"
            return KernelFile(group.path + "/" + name, root: root)
        }
    }

    /// The number until now; nil when it cannot be read.
    package func read() -> UInt64? {
        let counts = files.compactMap { (try? $0.read())?.number(named: "oom_kill") }
        return counts.isEmpty ? nil : counts.reduce(0) { $0.addingSaturated($1) }
    }
}
