// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Facts about this project that its programs print.
public enum Vitals {
    /// The version of all its programs and libraries.
    public static let version = "0.1.0"
}
