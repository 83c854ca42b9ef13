// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Whether an instance can serve. The raw value is the word in every store and in every answer.
package enum InstanceStatus: String, CaseIterable, Sendable {
    /// It has not yet been healthy.
    case starting
    case available
    case unavailable
    /// It serves what has begun, and wants nothing new.
    case draining
}
