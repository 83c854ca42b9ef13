// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire

/// Memory that the connections of a loop use one after the other, so that an idle connection owns none.
struct Scratch: ~Copyable {
    let batch = HTTP2EventBatch()
    /// Shared by the HTTP/2 sessions.
    let memory = HTTP2Memory()
    /// What one read brings: small, so that a flood of frames is judged often, but a hundred calls, so that few are cut in
    /// two. With 2 KiB, most calls of a busy client waited for their message in the next read.
    let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 8 << 10, alignment: 64)
    /// Reads of one connection until its frames are sent. With our WINDOW_UPDATEs nghttp2 waits for that too, and half a window
    /// may be used up by then.
    static let readsUntilSend = 4
    /// What is sent in one call.
    let output = OutputBuffer(capacity: 128 << 10)

    deinit { input.deallocate() }
}
