// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How a check is called in a line.
enum CheckTitle {
    /// Its kind and target, and its name where it was given one.
    static func text(name: String, kind: String, target: String) -> String {
        (name == kind ? "" : "\(name): ") + kind + (target.isEmpty ? "" : " " + target)
    }
}
