// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Who sees the page.
package enum SiteAudience: Sendable {
    /// States, kinds of cause and numbers. Reasons may name files and addresses: those are not shown.
    case everybody
    /// Everything.
    case operators
}
