// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire

/// Memory that the connections of a loop use one after the other, so that an idle connection owns none.
struct Scratch: ~Copyable {
    let batch = HTTP2EventBatch()
    /// Shared by the HTTP/2 sessions.
    let memory = HTTP2Memory()
    /// What one read brings. Small, so that a flood of frames is judged often.
    let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 << 10, alignment: 64)
    /// What is sent in one call.
    let output = OutputBuffer(capacity: 128 << 10)

    deinit { input.deallocate() }
}
