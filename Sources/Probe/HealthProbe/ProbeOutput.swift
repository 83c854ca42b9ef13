// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What the probe tells, and how.
public struct ProbeOutput: Equatable, Sendable {
    /// Prints one JSON object on standard output.
    public var printsJSON = false
    /// Who reads the exit code.
    public var exitProfile = ProbeExitProfile.standard
    /// Tells each step on standard error.
    public var isVerbose = false

    /// The defaults.
    public init() {}
}
