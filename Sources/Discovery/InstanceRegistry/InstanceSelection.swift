// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Which instances of a service somebody wants.
package struct InstanceSelection: Hashable, Sendable {
    /// Those that have all of these: each once, in order, so that the same wish is the same selection.
    package let tags: [String]
    /// Those of one of these statuses; nil for all.
    package let statuses: Set<InstanceStatus>?

    /// A selection; without arguments of all.
    package init(tags: [String] = [], statuses: Set<InstanceStatus>? = nil) {
        self.tags = tags.count > 1 ? Set(tags).sorted() : tags
        self.statuses = statuses?.count == InstanceStatus.allCases.count ? nil : statuses
    }

    /// Those that can take requests.
    package static let available = InstanceSelection(statuses: [.available])

    /// Whether it selects all.
    package var isAll: Bool { tags.isEmpty && statuses == nil }

    /// Whether an instance is one of them.
    package func matches(_ instance: Instance) -> Bool {
        if let statuses, !statuses.contains(instance.status) { return false }
        return tags.allSatisfy { instance.tags.contains($0) }
    }
}
