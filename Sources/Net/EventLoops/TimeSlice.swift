// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// How long one client, or one sweep over many, may use a loop before others are served.
///
/// What is left is done in the next tick: the loop is level-triggered. So a flood of any size costs the others one slice
/// of each tick.
package struct TimeSlice {
    private let end: MonotonicTime

    private static let length = Duration.microseconds(50)

    /// Begins now.
    package init() { end = .now() + Self.length }

    /// The slice is used up.
    package var isOver: Bool { MonotonicTime.now() >= end }
}
