// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How a session reads header blocks.
struct HeaderReading {
    /// Fields that are left out of blocks that begin from now on.
    var unread: HeaderNameSet
    /// A block that began in one receive, and goes on in the next.
    var carriedBlock: EventStore.OpenBlock?
}
