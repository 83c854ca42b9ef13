// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Which part of a split model a file is (`split.no`, `split.count`, `split.tensors.count`).
package struct GGUFSplit: Equatable, Sendable {
    /// From 0 on.
    package var number: UInt64 = 0
    /// Parts in all; 0 or 1 when the model is in one file.
    package var count: UInt64 = 0
    /// Tensors of all parts together; nil when the file does not say.
    package var tensorCount: UInt64?

    /// The model is in one file.
    package init() {}

    /// The model is in several files.
    package var isSplit: Bool { count > 1 || number > 0 }
}
