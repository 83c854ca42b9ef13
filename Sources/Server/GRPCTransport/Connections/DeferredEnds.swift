// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire

/// What is done to calls after the output that can be sent now.
struct DeferredEnds {
    /// Calls whose answer ends.
    var ends: [CallStream] = []
    /// Calls to be reset, unless they are closed by then.
    var resets: [(call: CallStream, code: HTTP2ErrorCode)] = []

    var isEmpty: Bool { ends.isEmpty && resets.isEmpty }
}
