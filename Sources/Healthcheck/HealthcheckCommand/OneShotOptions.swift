// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckSettings

/// What checks that run once are asked for.
package struct OneShotOptions {
    /// The checks, in the order in which they were given.
    package var checks: [CheckSetting] = []
    /// A file whose checks are run as well.
    package var file: String?
    /// For all of them together.
    package var timeout = usualTimeout
    /// One JSON document on standard output, in place of the lines.
    package var printsJSON = false
    /// A degraded target is a failure.
    package var refusesDegraded = false

    /// Unless another is given.
    static var usualTimeout: Duration { .seconds(5) }

    /// Nothing to check yet.
    init() {}
}
