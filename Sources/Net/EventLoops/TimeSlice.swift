// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// How long one client, or one sweep over many, may hold a loop before the others have their turn.
///
/// Who has more to do goes on in the next turn: the loop is level-triggered and tells of it again. So a flood costs
/// the others a slice of each turn, however much of it there is.
public struct TimeSlice {
    private let end: MonotonicTime

    private static let length = Duration.microseconds(50)

    /// Begins now.
    public init() { end = .now() + Self.length }

    /// The others have waited long enough.
    public var isOver: Bool { MonotonicTime.now() >= end }
}
