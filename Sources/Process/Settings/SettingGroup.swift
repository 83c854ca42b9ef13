// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Settings about one subject, under one heading of the help.
package struct SettingGroup<Options> {
    let title: String
    let settings: [Setting<Options>]
    /// Only the full help lists them.
    let isRare: Bool

    /// Settings under a heading; the most used one first. Those of a rare group are in the full help only.
    package init(_ title: String, _ settings: [Setting<Options>], isRare: Bool = false) {
        self.title = title
        self.settings = settings
        self.isRare = isRare
    }
}
