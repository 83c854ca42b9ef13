// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Where the events of a session go.
struct EventTarget {
    /// The batch of the latest receive: its events may still be read.
    var batch: HTTP2EventBatch?
    /// The memory of that batch, which the callbacks fill during a receive; nil outside it.
    var store: UnsafeMutablePointer<EventStore>?
}
