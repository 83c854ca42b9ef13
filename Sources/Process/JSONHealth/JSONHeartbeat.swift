// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A report by a line of JSON: somebody says that it is alive, and how it is.
package struct JSONHeartbeat: Equatable, Sendable {
    /// Takes a report, from any thread; why not, or nil when it was taken.
    package typealias Take = @Sendable (JSONHeartbeat) -> String?

    /// The heartbeat that it is about.
    package let name: String
    /// How it is, in its own word; nil when it says nothing of that.
    package let state: String?
    /// Why, in its own words.
    package let reason: String?

    /// A report.
    package init(name: String, state: String? = nil, reason: String? = nil) {
        self.name = name
        self.state = state
        self.reason = reason
    }
}
