// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What the probe tells, and how.
package struct ProbeOutput: Equatable, Sendable {
    /// Prints one JSON object on standard output.
    package var printsJSON = false
    /// Who reads the exit code.
    package var exitProfile = ProbeExitProfile.standard
    /// Tells each step on standard error.
    package var isVerbose = false

    /// The defaults.
    package init() {}
}
