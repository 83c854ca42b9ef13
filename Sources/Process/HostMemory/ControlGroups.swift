// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// The control groups that limit the memory of this process: its own and every visible ancestor, in the unified hierarchy
/// (version 2), in the memory hierarchy of version 1, or in both.
package struct ControlGroups {
    /// This process's own group first, then its ancestors.
    let groups: [ControlGroup]

    /// `/proc/self/cgroup`, and its contents when the groups were found; nil when they could not be.
    private let membershipFile: KernelFile
    private let membership: KernelText?

    /// Finds the groups below `root`; none where none are visible.
    package init(root: String) {
        let membershipFile = KernelFile("/proc/self/cgroup", root: root)
        self.init(membershipFile, root: root)
    }

    private init(_ membershipFile: KernelFile, root: String) {
        self.membershipFile = membershipFile
        let membership = try? membershipFile.read()
        // A host with thousands of containers has thousands of lines here.
        let table = try? KernelText("/proc/self/mountinfo", root: root, limit: 16 << 20)
        self.membership = table == nil ? nil : membership
        let mounts = table?.lines.compactMap { ControlGroupMount($0) } ?? []
        self.groups = (membership?.lines ?? []).flatMap { line in
            Self.membership(line).map { version, path in
                Self.groups(at: path, in: mounts.filter { $0.version == version }, root: root)
            } ?? []
        }
    }

    /// The groups of this process now: it may have been moved.
    func refreshed(root: String) -> ControlGroups { ControlGroups(membershipFile, root: root) }

    /// The least limit of them; nil when there is none.
    package var limit: UInt64? {
        groups.compactMap { group in
            if case .limited(let memory) = group.read() { memory.limit } else { nil }
        }.min()
    }

    /// Whether this process is still in the same groups: it may be moved at any time.
    var isCurrent: Bool { (try? membershipFile.read()) == membership }

    /// The group in a line of `/proc/self/cgroup`: `ID:CONTROLLERS:PATH` (cgroups(7)). Nil for a hierarchy without the memory
    /// controller.
    private static func membership(
        _ line: ArraySlice<UInt8>
    ) -> (ControlGroup.Version, path: [String])? {
        let fields = line.split(
            separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3 else { return nil }
        let path = ControlGroupMount.components(of: String(decoding: fields[2], as: UTF8.self))
        if fields[0].elementsEqual("0".utf8), fields[1].isEmpty { return (.v2, path) }
        let controllers = fields[1].split(separator: UInt8(ascii: ","))
        return controllers.contains { $0.elementsEqual("memory".utf8) } ? (.v1, path) : nil
    }

    /// The groups from the one at `path` up, in the mount that shows the most of them.
    private static func groups(
        at path: [String], in mounts: [ControlGroupMount], root: String
    ) -> [ControlGroup] {
        // Of two mounts at one place the later one hides the other.
        let candidates = mounts.reversed().compactMap { mount in
            mount.components(to: path).map { mount.groups(at: $0, below: root) }
        }.sorted { $0.count > $1.count }
        if let seen = candidates.first(where: { groups in
            groups.contains { $0.read() != .unreadable }
        }) {
            return seen
        }
        if let first = candidates.first { return first }
        // Our group is outside of every mount, as in a container whose runtime made the mount elsewhere: the root of the
        // mount is the nearest to the container's group.
        return mounts.last?.groups(at: [], below: root) ?? []
    }
}
