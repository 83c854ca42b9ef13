// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How DNS is asked.
package struct DNSTimes: Sendable {
    /// How long an answer may take.
    package var answer = Duration.seconds(2)
    /// An answer is used for so long at least, whatever its time to live.
    package var shortest = Duration.seconds(1)
    /// And for so long at most.
    package var longest = Duration.seconds(300)
    /// After so long it is asked again for a name that has no records.
    package var withoutRecords = Duration.seconds(5)

    /// The usual times.
    package init() {}
}
